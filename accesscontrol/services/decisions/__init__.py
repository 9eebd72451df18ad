"""Decision requests in the words of standards."""
