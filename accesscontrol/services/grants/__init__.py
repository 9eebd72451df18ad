"""Acts on grants from both sides."""
