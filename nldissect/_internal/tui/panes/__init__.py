"""Widgets: each draws a part of the model and moves in it; they know no action and no screen."""
