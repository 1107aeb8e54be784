"""Captures from this kernel, with as few privileges for as short as can be; it reads no message
beyond nlmsghdr but the answers to its own requests."""
