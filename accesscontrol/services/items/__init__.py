"""Acts on items, their links, their sections and who is assigned to them."""
