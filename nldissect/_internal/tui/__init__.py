"""The terminal interface; textual is imported by nothing else."""
