"""The platform operator's pages: the top-level accounts, and the door into their trees."""
