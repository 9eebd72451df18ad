"""People brought by a file: read however it was written, tried line by line, and brought in whole or not at all."""
