"""ITIL: cases, people, calendars, service levels; knows the engine, no HTTP."""
