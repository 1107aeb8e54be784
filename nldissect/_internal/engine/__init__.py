"""Messages decoded: one walk over bytes by the tables, and the views of what it found; it knows no
session, no pairing and no output."""
