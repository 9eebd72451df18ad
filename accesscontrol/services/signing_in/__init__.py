"""Acts of signing in: sessions, passwords, second factors, and what an account asks of its people."""
