"""Date and time formats that differ from Django's, one package per language."""
