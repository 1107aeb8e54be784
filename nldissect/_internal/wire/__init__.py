"""What every layer above speaks in: framing, records, Linux's numbers, text, errors; it knows no
dissector and opens no file."""
