"""Pages of joining: invitations, signing up, confirming an address, a forgotten password. All are open to everybody."""
