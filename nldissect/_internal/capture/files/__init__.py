"""Capture files and streams, read and written; it never talks to the kernel's netlink."""
