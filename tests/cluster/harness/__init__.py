"""What `images` and `run` are made of. Python's standard library only."""
