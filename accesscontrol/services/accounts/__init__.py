"""Acts on accounts, their limits and who owns them."""
