"""Acts on projects, their members, roles and rules."""
