"""What the access model says, to be read beside it: sources, limits and reaches."""
