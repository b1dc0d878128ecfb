"""Find the orientation in EXIF metadata, and nothing else: a full reader follows every offset that a file states."""

import struct

TAG, SHORT = 0x0112, 3
HEADER_BYTES, ENTRY_BYTES, ENTRIES_LIMIT = 8, 12, 1_000


def find_orientation(exif: bytes | memoryview) -> int:
    """Return how the picture is turned, from 1 to 8; 1 if that is not said."""
    data = bytes(exif[:6]).removeprefix(b"Exif\0\0") + bytes(exif[6 : 1 << 16])
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < HEADER_BYTES:
        return 1
    (start,) = struct.unpack_from(order + "I", data, 4)
    if start + 2 > len(data):
        return 1
    (count,) = struct.unpack_from(order + "H", data, start)
    for at in range(start + 2, start + 2 + min(count, ENTRIES_LIMIT) * ENTRY_BYTES, ENTRY_BYTES):
        if at + ENTRY_BYTES > len(data):
            break
        tag, kind, _, value = struct.unpack_from(order + "HHIH", data, at)
        if tag == TAG and kind == SHORT:
            return int(value) if 1 <= value <= 8 else 1
    return 1
