"""Rows in the database: tables, one unit of work, and plain functions over them."""
