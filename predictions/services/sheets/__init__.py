"""Sheets as people make, send, check and take them out."""
