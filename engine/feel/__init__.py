"""FEEL, the expression language of every diagram and table, and DMN decisions."""
