"""What forms are made of: fields, what they were made from, and what others changed meanwhile."""
