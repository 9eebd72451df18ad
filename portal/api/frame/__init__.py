"""What every endpoint of the REST interface stands on."""
