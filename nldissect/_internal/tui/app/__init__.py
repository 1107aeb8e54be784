"""The application and its screens: puts model, panes and actions together; feeds them keys."""
