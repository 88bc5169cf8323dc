"""The built-in functions of FEEL, a module a subject."""
