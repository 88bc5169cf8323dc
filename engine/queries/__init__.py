"""The read side: flat SQL for lists, no locks."""
