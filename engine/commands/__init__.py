"""What changes something: each command runs in one unit of work."""
