"""Owning is access: who an item or a project belongs to, and what becomes of what somebody owned (access model §11)."""
