"""Signing in elsewhere: identity providers of accounts and of the installation, and whom they may bring (§6)."""
