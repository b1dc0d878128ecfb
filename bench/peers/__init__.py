"""What people would use instead, each built as its own documentation advises; started by `python -m bench`."""
