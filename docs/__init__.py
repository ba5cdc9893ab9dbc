"""The documentation, and what writes the pages of it that are made of tables and code."""
