"""Keyed hashes that survive a change of SECRET_KEY: made with the key of now, believed with former ones too.

All code of this project that hashes with the key does so here; a test looks for others. Each use has a name of its own,
so that a hash made for one use is worth nothing in another.
"""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def keyed_hash(use: str, text: str | bytes, key: str | None = None) -> bytes:
    """Return the HMAC-SHA256 of `text` with `key`, by default SECRET_KEY, for this use alone."""
    return salted_hmac(use, text, secret=key, algorithm="sha256").digest()


def all_keys() -> list[str]:
    """Return SECRET_KEY, and after it the former keys that are still believed."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def is_hash_of(given: str, use: str, text: str) -> bool:
    """Return whether `given` is, in hexadecimal, the hash of `text` with SECRET_KEY or a former key."""
    return any(constant_time_compare(keyed_hash(use, text, key).hex(), given) for key in all_keys())
