"""Previews of acts that are tried and undone: who gains and who loses what, whatever the act is about."""
