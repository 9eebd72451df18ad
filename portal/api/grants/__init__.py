"""Endpoints of grants, from both sides."""
