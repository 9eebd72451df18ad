"""What a caller may do, compiled from the law and kept while it is true."""
