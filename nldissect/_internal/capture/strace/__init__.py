"""Records out of what strace(1) wrote, or writes; what is only in strace's words stays so, and no
dissector is asked."""
