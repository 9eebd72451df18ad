"""Who is signed in: sessions and what ends them, browsers and factors that are known, and keys in their place."""
