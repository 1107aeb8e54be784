"""What can be said about messages and captures: explanations, lint, statistics, differences; it
knows no output format."""
