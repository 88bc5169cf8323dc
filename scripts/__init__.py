"""Set-up, checks and generated documents; run through the Makefile."""
