"""What the access model says, to be read beside it: sources, limits, reaches, levels, operate-as, history."""
