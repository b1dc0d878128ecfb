"""Which user names may be chosen: none that looks like another one.

Letters of other scripts can look like Latin ones (an "admin" with a Cyrillic first letter), so new names have Latin
letters only, with or without accents, and differ from existing ones by more than accents. Not confusable-homoglyphs: it
lets in names that are of one other script throughout, and those can look like Latin ones too.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from accounts.models import ACCENTED, User

LIKE = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}  # have no accent to remove
ALLOWED = re.compile(r"[a-z0-9@.+_-]*")


def skeleton_of(name: str) -> str:
    """Return a name without case and accents; names with the same one look alike."""
    plain = "".join(LIKE.get(letter, letter) for letter in name.lower())
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def is_latin(name: str) -> bool:
    """Return whether a name has only Latin letters, digits and the signs that names may have."""
    return ALLOWED.fullmatch(skeleton_of(name)) is not None


def is_email(name: str) -> bool:
    """Return whether a name is an email address, whose owner logs in with it."""
    try:
        validate_email(name)
    except ValidationError:
        return False
    return True


def is_taken(name: str) -> bool:
    """Return whether a user has this name or one that looks like it. Two queries, each by an index."""
    skeleton = skeleton_of(name)
    if User.objects.alias(lowered=Lower("username")).filter(lowered=skeleton).exists():
        return True
    accented = User.objects.filter(username__regex=ACCENTED).values_list("username", flat=True)
    return any(skeleton_of(other) == skeleton for other in accented.iterator())
