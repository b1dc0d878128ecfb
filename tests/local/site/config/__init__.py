"""The small site."""
