"""What lists are made of: rows, columns, filters, ticks, and the same rows as a file."""
