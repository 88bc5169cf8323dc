"""The web pages, a module a page family."""
