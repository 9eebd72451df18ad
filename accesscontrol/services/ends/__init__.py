"""What ends soon, and what has ended."""
