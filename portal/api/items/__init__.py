"""Endpoints of items and their sections."""
