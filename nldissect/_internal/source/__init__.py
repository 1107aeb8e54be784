"""C source of kernel modules, as it stands before the preprocessor, into specs; it runs nothing
and follows no #include.
"""
