"""The story: a drawing is submitted, recognized and reviewed."""
