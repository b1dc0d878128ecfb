"""Sheets in the API: templates, pages, the table and its cells."""
