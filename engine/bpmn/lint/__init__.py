"""What is wrong with a diagram, said at upload: a rule a function."""
