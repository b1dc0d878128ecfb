"""What has arrived of a request, and whether a thread can be given to it."""

import re
from enum import Enum, auto
from typing import NamedTuple

HEAD_LIMIT_BYTES = 32_768  # as much as the proxy takes
PAGE_BODY_LIMIT_BYTES = 2_500_000  # drawings are sent to the API
FILE_PAGES = b"/sheets/"  # pages whose forms take files, for browsers without JavaScript too
_HEAD_END = b"\r\n\r\n"
_LENGTH_NAME, _CODING_NAME, _EXPECT_NAME = b"\r\ncontent-length:", b"\r\ntransfer-encoding:", b"\r\nexpect:"
_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_LENGTH = re.compile(rb"[0-9]{1,12}")


class BodyLimits(NamedTuple):
    """The longest bodies that are taken: by the API, where base64 adds a third, and by forms with files."""

    api_bytes: int
    files_bytes: int


class Stage(Enum):
    """What a request lacks."""

    EMPTY = auto()
    HEAD = auto()
    BODY = auto()
    COMPLETE = auto()
    HEAD_TOO_LONG = auto()
    BODY_TOO_LONG = auto()


class Arrival:
    """The bytes of one request, and what the client sent after it.

    A body is waited for if its length is known and allowed. Whatever else is wrong with a head is left to gunicorn's
    parser, which gets it without the body: it refuses the request, or the application does, and the connection ends.
    """

    def __init__(self, limits: BodyLimits, data: bytes = b"") -> None:
        self._limits = limits
        self._data = bytearray()
        self._needed: int | None = None  # bytes of head and body, once the head is complete
        self._taken = 0
        self.wants_go_ahead = False
        self.is_without_body = False
        self.stage = Stage.EMPTY
        if data:
            self.add(data)

    def __len__(self) -> int:
        return len(self._data)

    def add(self, data: bytes) -> None:
        """Take what was received, and move `stage` on."""
        searched = max(0, len(self._data) - len(_HEAD_END) + 1)
        self._data += data
        if self._needed is None:
            self._look_for_head(searched)
        if self._needed is not None and not self.is_for_api() and self._needed > self._form_limit_bytes():
            self.stage = Stage.BODY_TOO_LONG
        elif self._needed is not None:
            self.stage = Stage.BODY if len(self._data) < self._needed else Stage.COMPLETE

    def take(self, size: int) -> bytes:
        """Return up to `size` bytes that nobody has taken; nothing at the end of what has arrived."""
        taken = bytes(memoryview(self._data)[self._taken : self._taken + size])
        self._taken += len(taken)
        return taken

    def take_rest(self) -> bytes:
        """Return all bytes that nobody has taken."""
        return self.take(len(self._data))

    @property
    def head(self) -> bytes:
        """As much as has arrived of the head, and perhaps some of the body."""
        return bytes(self._data[:HEAD_LIMIT_BYTES])

    def is_for_api(self) -> bool:
        """Return whether the client expects JSON."""
        return self._path_starts_with(b"/api/")

    def _form_limit_bytes(self) -> int:
        return self._limits.files_bytes if self._path_starts_with(FILE_PAGES) else PAGE_BODY_LIMIT_BYTES

    def _path_starts_with(self, prefix: bytes) -> bool:
        return bytes(self._data[:32]).partition(b" ")[2].startswith(prefix)

    def _look_for_head(self, searched: int) -> None:
        end = self._data.find(_HEAD_END, searched)
        if 0 <= end <= HEAD_LIMIT_BYTES:
            self._needed = self._length(self._data[: end + 2]) or self._leave_to_parser()
        elif end >= 0 or len(self._data) > HEAD_LIMIT_BYTES:
            self.stage = Stage.HEAD_TOO_LONG
        elif self._data.count(b"\n") != self._data.count(b"\r\n"):  # such a head has no end; the parser refuses it
            self._needed = self._leave_to_parser()
        else:
            self.stage = Stage.HEAD

    def _leave_to_parser(self) -> int:
        self.is_without_body = True
        return 0

    def _length(self, head: bytearray) -> int | None:
        """Return the length of a request in bytes, or None if its body will not be waited for."""
        head = head.lower()
        start = head.find(_LENGTH_NAME)  # looking for names is much cheaper than matching them
        if _CODING_NAME in head or _EXPECT_NAME in head:
            start = 0
        elif start < 0:
            return len(head) + 2
        fields = _FRAMING.findall(head, start)
        expected = [value for name, value in fields if name == b"expect"]
        framing = [(name, value) for name, value in fields if name != b"expect"]
        if any(value != b"100-continue" for value in expected):
            return None
        self.wants_go_ahead = bool(expected) and head.split(b"\r\n", 1)[0].endswith(b"http/1.1")
        if not framing:
            return len(head) + 2
        name, value = framing[0]
        if len(framing) > 1 or name != b"content-length" or not _LENGTH.fullmatch(value):
            return None
        is_taken = int(value) <= self._limits.api_bytes or not self.is_for_api()
        return len(head) + 2 + int(value) if is_taken else None
