"""Acts on jobs, and the work that they do."""
