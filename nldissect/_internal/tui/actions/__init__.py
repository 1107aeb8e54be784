"""What keys do: controllers of the actions in the keymap, on any screen that `context` fits."""
