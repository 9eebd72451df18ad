"""Searches and filters of the lists, one file a noun; choices are narrowed with visible()."""
