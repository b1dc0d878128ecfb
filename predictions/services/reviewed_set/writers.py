"""Which split a writer is in, and the pseudonym that stands for them."""

import hashlib

from accounts.keys.hashes import keyed_hash

SPLITS = ("train", "validation", "test")
SPLIT_SALT = "reviewed-set-1"  # another one would move writers that a model was trained with into the test set
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1
PSEUDONYM_CHARS = 16  # hexadecimal


def split_of(owner: int) -> str:
    """Return the split of a writer by their primary key: always the same one, whatever else is in the set."""
    hashed = hashlib.sha256(f"{SPLIT_SALT}:{owner}".encode()).digest()
    place = int.from_bytes(hashed[:8], "big") / 2**64
    if place < TEST_SHARE:
        return "test"
    return "validation" if place < TEST_SHARE + VALIDATION_SHARE else "train"


def pseudonym_of(owner: int) -> str:
    """Return what stands for a writer. Only who has SECRET_KEY can link it to the account; another key changes it."""
    return keyed_hash(SPLIT_SALT, str(owner)).hex()[:PSEUDONYM_CHARS]
