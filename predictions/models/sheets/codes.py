"""The code on each printed page: which template and page it is. Made and believed for the template's owner alone.

A code is 18 bytes in base32, 29 characters, which a QR code of 25 x 25 modules holds with a quarter of it lost:

    layout version (1) | page (1) | the template's id, its first half (8) | hash of these (8)

The hash is keyed with the template's own random ids, not with SECRET_KEY: printed pages lie in drawers for years, while
a SECRET_KEY that leaks is replaced at once, and its predecessors forgotten. Nobody but the owner is ever shown these
ids, and only the owner's sheets take the code: somebody else's page tells those who photograph it nothing.
"""

import base64
import binascii
import hmac
import struct
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ml.sheets.layout import LAYOUT_VERSION
from predictions.models.sheets.sheets import SheetTemplate

MAX_PAGES = 255  # one byte; the longest template has fewer
CODE_CHARS = 29
_HEAD = struct.Struct(">BB8s")
_HASH_BYTES = 8
_USE = b"inkling.sheets.code"
_MISREAD = str.maketrans("018", "OIB")  # digits that base32 has not, as people type them


class InvalidCode(ValueError):
    """A code that names no template of this person. `message` says what to do, in the reader's language."""

    message = _("This page has a code that is not one of ours. Choose the template yourself.")

    def __str__(self) -> str:
        return str(self.message)


class NoSuchTemplate(InvalidCode):
    """There is no such template: the code is forged or misread, or its template was deleted."""

    message = _("The template of this page is not known here. Print the template again, or choose one yourself.")


class ForeignCode(InvalidCode):
    """The template belongs to another person."""

    message = _("This page was printed by somebody else. Only they can have it read; print a template of your own.")


def make_code(template: SheetTemplate, page: int) -> str:
    """Return the code of a page, from 1: 29 capital letters and digits."""
    head = _HEAD.pack(LAYOUT_VERSION, page, template.id.bytes[:8])
    return base64.b32encode(head + _hash(template, head)).decode().rstrip("=")


def read_code(owner_id: int, code: str) -> tuple[SheetTemplate, int]:
    """Return the template and page that a code names. Takes what a person typed, with spaces, too.

    Raises:
        InvalidCode: if it is no code of ours.
        NoSuchTemplate: if its template is not there, or did not make it.
        ForeignCode: if its template belongs to another person.
    """
    data = _decode(code)
    head, given = data[: _HEAD.size], data[_HEAD.size :]
    version, page, start = _HEAD.unpack(head)
    first, last = UUID(bytes=start + bytes(8)), UUID(bytes=start + b"\xff" * 8)
    for template in SheetTemplate.objects.filter(id__gte=first, id__lte=last):
        if version == LAYOUT_VERSION and hmac.compare_digest(given, _hash(template, head)):
            if template.owner_id != owner_id:
                raise ForeignCode
            return template, page
    raise NoSuchTemplate


def _decode(code: str) -> bytes:
    written = "".join(code.split()).replace("-", "").upper().translate(_MISREAD)
    if len(written) != CODE_CHARS:
        raise InvalidCode
    try:
        data = base64.b32decode(written + "=" * (-len(written) % 8))
    except (binascii.Error, ValueError) as error:
        raise InvalidCode from error
    return data


def _hash(template: SheetTemplate, head: bytes) -> bytes:
    key = template.id.bytes + template.family.bytes
    return hmac.digest(key, _USE + head, "sha256")[:_HASH_BYTES]
