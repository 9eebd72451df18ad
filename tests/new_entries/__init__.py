"""The catalogue's promise: with one line more in a list of it, a new kind, section, right or preset is everywhere.

`entries.py` writes the lines, `walk.py` goes through the portal with them; `tests/contracts/test_new_entries.py` runs
the walk in a process of its own, since everything reads the catalogue when it is imported.
"""
