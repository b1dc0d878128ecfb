"""Sheets: find the table on a photograph, cut and queue its cells, and settle the sheet once they were read."""
