"""Acts on users, roles and sessions."""
