"""Records out of what strace(1) wrote, or writes; it decodes no attributes."""
