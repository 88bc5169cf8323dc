"""Service-task handlers, a module a process or subject."""
