"""World files: access as a file, read, checked, planned, applied through the services, and written out again."""
