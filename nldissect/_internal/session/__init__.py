"""One capture gone through from its beginning: families, names and byte order learnt, messages
bound and paired; it reads no file itself and shows nothing."""
