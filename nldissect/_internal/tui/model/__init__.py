"""What screens show and how they are set: rows, outline, ladder, keymap; knows no widget."""
