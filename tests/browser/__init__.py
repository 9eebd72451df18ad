"""The portal in Chromium: what people see, type and press."""
