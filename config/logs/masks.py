"""What must not be read in a log, whatever code writes it: keys of mailed links, API tokens and passwords in URLs."""

import logging
import re

_MASKS = (
    (re.compile(r"(/accounts/(?:password/reset/key|confirm-email|invitations)/)[^/\s\"'?]+"), r"\1***"),
    (re.compile(r"\bink_[0-9A-Za-z]{8,}"), "ink_***"),
    (re.compile(r"(\b[a-z][a-z0-9+]*://[^\s/:@\"']*:)[^\s/@\"']+@"), r"\1***@"),
)


def mask(text: str) -> str:
    """Return the text with `***` in place of each secret that its surroundings tell."""
    for pattern, shown in _MASKS:
        text = pattern.sub(shown, text)
    return text


class MaskingFormatter(logging.Formatter):
    """A formatter whose lines, tracebacks included, are masked."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
