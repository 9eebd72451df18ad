"""The access explorer."""
