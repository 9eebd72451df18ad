"""What must be fast, measured on a large world; `python3 run.py bench` prints it."""
