"""The pytest plugin: captures of tests, expectations, what failures say; pytest is imported by
nothing else."""
