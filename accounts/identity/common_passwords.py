"""Passwords that are refused because many people use them."""

import gzip
import zlib
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator


class CommonPasswords(CommonPasswordValidator):
    """Django's list of 20,000, and those of COMMON_PASSWORDS_FILE."""

    def __init__(self) -> None:
        super().__init__()
        if settings.COMMON_PASSWORDS_FILE:
            with suppress(OSError, UnicodeDecodeError):  # a system check tells the operator at every start
                self.passwords |= read(settings.COMMON_PASSWORDS_FILE)


def read(path: str) -> set[str]:
    """Return the passwords of a file in lower case: UTF-8, one a line; compressed if its name ends with .gz.

    Raises:
        OSError: if it cannot be read, or is no whole gzip file in spite of its name.
        UnicodeDecodeError: if it is not UTF-8.
    """
    data = Path(path).read_bytes()
    if path.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error) as error:
            raise OSError(f"{path} is damaged") from error
    return {line.strip().lower() for line in data.decode("utf-8").splitlines()} - {""}
