"""Fuzzing: mutated recordings, traces, specs and filters against what must always hold."""
