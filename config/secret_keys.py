"""How strong a SECRET_KEY must be. Who guesses it can log in as anybody."""

import zlib

MIN_CHARACTERS = 50
MIN_COMPRESSED_BYTES = 44  # of zlib: random text of 50 characters takes 48 and more, repeated words half of that
INSECURE_START = "django-insecure-"  # of keys that `startproject` writes into a repository


def why_weak(key: str) -> str:
    """Return what is wrong with a key that must be secret, or "" if it may be random."""
    if len(key) < MIN_CHARACTERS:
        return f"has fewer than {MIN_CHARACTERS} characters"
    if key.startswith(INSECURE_START):
        return "was made for development"
    if len(zlib.compress(key.encode(), 9)) < MIN_COMPRESSED_BYTES:
        return "repeats itself, so it can be guessed"
    return ""
