"""The domain: facts, law and acts of access control, usable from a shell or a test without HTTP."""
