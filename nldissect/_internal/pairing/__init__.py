"""Who asked what and what came back; it looks at headers only and never at attributes."""
