"""The zeebe extension elements, read into plain settings."""
