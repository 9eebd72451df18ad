"""Acts of joining: invitations, registration rules, signing up, proving an address, a new password."""
