"""Who is signed in: how allauth lets people in here, sessions and what ends them, and confirming that it is you."""
