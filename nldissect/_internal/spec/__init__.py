"""Protocols as data: the model, the files it is read from, the tables it becomes and the registry
that finds it; it never touches a message."""
