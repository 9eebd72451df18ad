"""From which state a change is made: what a face gives away with a thing, and gets back with a change of it."""
