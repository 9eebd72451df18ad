"""What decisions are made from, and how a process knows that it still stands."""
