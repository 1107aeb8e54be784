"""Captures into records, from files, streams, traces and the kernel; it knows datagrams and their
sockets, and reads no message beyond nlmsghdr but the answers to its own requests."""
