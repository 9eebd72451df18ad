"""An independent, naive reading of the access model, and random worlds to compare the engine with it."""
