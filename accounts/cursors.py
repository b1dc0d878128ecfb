"""Cursors of lists: the number of a row, encrypted, as it would tell how many rows all users have.

SIV mode (RFC 5297) with HMAC-SHA256 in place of AES, as `cryptography` is no dependency: the tag is a keyed hash of the
number, and masks it by another keyed hash. The same number of the same user is always the same cursor.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

from accounts.keys.hashes import all_keys, keyed_hash
from accounts.models import User

TAG_BYTES, NUMBER_BYTES = 16, 8


class InvalidCursor(Exception):
    """Nobody was given this cursor, or somebody else was."""


def make_cursor(owner: User, key: int, kind: str = "predictions") -> str:
    """Return the cursor after the row `key`, which works for this user and this kind of list only."""
    number = key.to_bytes(NUMBER_BYTES, "big")
    cipher = _Cipher(owner, kind, all_keys()[0])
    tag = cipher.tag(number)
    return base64.urlsafe_b64encode(tag + cipher.mask(tag, number)).decode()


def read_cursor(owner: User, cursor: str, kind: str = "predictions") -> int:
    """Return the key of the row. Raises InvalidCursor."""
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    tag, masked = found[:TAG_BYTES], found[TAG_BYTES:]
    if len(masked) != NUMBER_BYTES and kind != "predictions":
        raise InvalidCursor
    if len(masked) != NUMBER_BYTES:
        return _read_signed(owner, found)
    for key in all_keys():
        cipher = _Cipher(owner, kind, key)
        number = cipher.mask(tag, masked)
        if hmac.compare_digest(tag, cipher.tag(number)):
            return int.from_bytes(number, "big")
    raise InvalidCursor


@dataclass(frozen=True)
class _Cipher:
    """The two keyed hashes of a user's cursors of one kind. `mask` undoes itself."""

    owner: User
    kind: str
    key: str

    def tag(self, number: bytes) -> bytes:
        return keyed_hash(f"{self.kind}.cursor.tag.{self.owner.pk}", number, self.key)[:TAG_BYTES]

    def mask(self, tag: bytes, number: bytes) -> bytes:
        mask = keyed_hash(f"{self.kind}.cursor.mask.{self.owner.pk}", tag, self.key)[:NUMBER_BYTES]
        return bytes(one ^ other for one, other in zip(number, mask, strict=True))


def _read_signed(owner: User, found: bytes) -> int:
    """Read a cursor of the release before, which was signed and not encrypted. To be removed with the next one."""
    try:
        return int(Signer(salt=f"cursor of {owner.pk}").unsign(found.decode()))
    except (ValueError, BadSignature):
        raise InvalidCursor from None
