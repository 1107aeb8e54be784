"""What `import nldissect` offers, and what of it front ends share: random access to captures,
building, packets, this host's names; it writes to no terminal."""
