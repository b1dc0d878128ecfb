"""Passwords that are refused because they are mostly the person's name, that of this site, or what it is about."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# The words of docs/security.md. What is part of a longer one stands after it.
WORDS = (
    *("handwritten", "handwriting", "recognition", "recognize", "prediction", "predict", "submission", "inkling"),
    *("reviewer", "superuser", "administrator", "operator", "password", "passwort", "drawing", "digits", "digit"),
    *("numbers", "number", "review", "zahlen", "ziffern", "ziffer", "admin", "worker", "guest"),
)
LEFT_LENGTH = 8  # characters that a password needs besides these words, as it would need without them
SHORTEST = 4  # shorter words of an operator or a host would refuse too much


class SiteWords:
    """Refuse passwords of which too little is left without the words that everybody who knows the person would try."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if fewer than LEFT_LENGTH characters are left."""
        left = password.lower()
        for word in [*_names_of(user), *words()]:
            left = left.replace(word, "")
        if len(left) < min(LEFT_LENGTH, len(password)):
            raise ValidationError(
                _("This password is mostly your name or a word that people would try on this site. Add other words."),
                code="password_of_site_words",
            )

    def get_help_text(self) -> str:
        return _("Your password cannot be mostly your name, that of this site, or what it is about.")


def _names_of(user: Any) -> list[str]:
    """Return the name of a user and that in front of their address."""
    found = {str(getattr(user, name, "") or "").lower().partition("@")[0] for name in ("username", "email")}
    return [name for name in found if len(name) >= SHORTEST]


def words() -> list[str]:
    """Return the words, longest first: ours, those of PASSWORD_WORDS, and the parts of PUBLIC_URL's host."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    found = {*WORDS, *(word.lower() for word in settings.PASSWORD_WORDS), *re.split(r"[.:]", host)}
    return sorted((word for word in found if len(word) >= SHORTEST), key=len, reverse=True)
