"""Inputs that no honest client sends, by kind, each with the status and error code that answers it."""
