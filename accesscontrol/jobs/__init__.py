"""Long work: who asked for what, how far it is, and what came of it."""
