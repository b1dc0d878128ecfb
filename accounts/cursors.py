"""Cursors of lists: the number of a row, encrypted, as it would tell how many rows all users have.

SIV mode (RFC 5297) with HMAC-SHA256 in place of AES, as `cryptography` is no dependency: the tag is a keyed hash of the
number, and masks it by another keyed hash. The same number of the same user is always the same cursor.
"""

import base64
import binascii
import hmac

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from accounts.models import User

TAG_BYTES, NUMBER_BYTES = 16, 8


class InvalidCursor(Exception):
    """Nobody was given this cursor, or somebody else was."""


def make_cursor(owner: User, key: int, kind: str = "predictions") -> str:
    """Return the cursor after the row `key`, which works for this user and this kind of list only."""
    number = key.to_bytes(NUMBER_BYTES, "big")
    tag = _tag(owner, number, kind)
    return base64.urlsafe_b64encode(tag + _mask(owner, tag, number, kind)).decode()


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
    number = _mask(owner, tag, masked, kind)
    if not hmac.compare_digest(tag, _tag(owner, number, kind)):
        raise InvalidCursor
    return int.from_bytes(number, "big")


def _tag(owner: User, number: bytes, kind: str) -> bytes:
    return _keyed_hash(owner, f"{kind}.cursor.tag", number)[:TAG_BYTES]


def _mask(owner: User, tag: bytes, number: bytes, kind: str) -> bytes:
    mask = _keyed_hash(owner, f"{kind}.cursor.mask", tag)[:NUMBER_BYTES]
    return bytes(one ^ other for one, other in zip(number, mask, strict=True))


def _keyed_hash(owner: User, use: str, text: bytes) -> bytes:
    return salted_hmac(f"{use}.{owner.pk}", text, algorithm="sha256").digest()


def _read_signed(owner: User, found: bytes) -> int:
    """Read a cursor of the release before, which was signed and not encrypted. To be removed with the next one."""
    try:
        return int(Signer(salt=f"cursor of {owner.pk}").unsign(found.decode()))
    except (ValueError, BadSignature):
        raise InvalidCursor from None
