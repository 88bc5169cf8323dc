"""DMN models: decisions, decision tables and their traces."""
