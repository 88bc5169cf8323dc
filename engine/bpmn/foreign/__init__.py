"""Diagrams of other products, rewritten into the dialect that runs here."""
