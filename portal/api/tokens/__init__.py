"""Endpoints of tokens."""
