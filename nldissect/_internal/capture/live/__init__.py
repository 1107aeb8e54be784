"""Capturing from this kernel, with as few privileges for as short as can be; it decodes nothing."""
