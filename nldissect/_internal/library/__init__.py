"""What `import nldissect` offers, and what of it front ends share: random access, building,
packets; it writes to no terminal."""
