"""Forms of the pages, one file a noun; choices are narrowed with visible()."""
