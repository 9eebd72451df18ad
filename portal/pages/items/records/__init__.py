"""Pages of the sections of an item."""
