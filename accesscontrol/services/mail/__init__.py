"""Mail: what it says, and sending it once the act that it tells of is done."""
