"""Questions beside the engine's: why, who, topics, records, and Django's own."""
