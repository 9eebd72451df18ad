"""Search, and what selects offer."""
