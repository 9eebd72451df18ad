"""Acts on tokens: their rules, keys, ends, and the doors that keys open."""
