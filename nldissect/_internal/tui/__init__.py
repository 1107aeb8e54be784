"""Terminal interface: app > actions > panes > model; textual is imported nowhere else."""
