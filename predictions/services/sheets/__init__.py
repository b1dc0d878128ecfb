"""Sheets: take photographs of filled-in pages, and show the table that is read from them."""
