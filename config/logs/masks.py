"""What must not be read in a log, whatever code writes it: keys of mailed links, API tokens and passwords in URLs."""

import re

# Each with what is always in it: looking for that is much cheaper than matching.
_MASKS = (
    (
        "/accounts/",
        re.compile(r"(/accounts/(?:password/reset/key|confirm-email|invitations)/)[^/\s\"'?]+"),
        r"\1***",
    ),
    ("ink_", re.compile(r"\bink_[0-9A-Za-z]{8,}"), "ink_***"),
    ("://", re.compile(r"(\b[a-z][a-z0-9+]*://[^\s/:@\"']*:)[^\s/@\"']+@"), r"\1***@"),
)


def mask(text: str) -> str:
    """Return the text with `***` in place of each secret that its surroundings tell."""
    for sign, pattern, shown in _MASKS:
        if sign in text:
            text = pattern.sub(shown, text)
    return text
