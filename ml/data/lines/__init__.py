"""Compose lines of digits and signs: what the line recognizer is trained on."""
