"""The mail of a demo."""
