"""Read the segments of a JPEG. Source: ITU-T T.81, "Digital compression and coding of continuous-tone still images"."""

import re
from dataclasses import dataclass, field

from ml.image_files.costs import Component, jpeg_cost_ms
from ml.image_files.exif import find_orientation
from ml.image_files.types import ImageFile, UnreadableImage

START = b"\xff\xd8\xff"
DRAFT_SIDE_PX = 1536
BYTES_PER_COEFFICIENT = 2
SEGMENTS_LIMIT = 2_000  # a colour profile takes up to 255, and what a phone adds some hundreds
SCANS_LIMIT = 50  # a progressive JPEG has about ten; each costs a pass over its pixels
TOO_MANY_SEGMENTS = "This JPEG is cut into too many parts. Save it again as PNG or JPEG."
TOO_MANY_SCANS = "This JPEG has too many progressive scans. Save it again as a baseline JPEG or PNG."
UNCOMMON = "This is an uncommon kind of JPEG, which can't be read. Save it again as a baseline JPEG or PNG."
DAMAGED = "This image is damaged or cut short. Save it again as PNG or JPEG."
START_OF_SCAN, END_OF_IMAGE, EXIF = 0xDA, 0xD9, 0xE1
FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive, all of Huffman codes
OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}  # lossless, hierarchical, arithmetic
NEEDED = {0xC4, 0xDB, 0xDD, 0xEE, *FRAMES}  # tables, restart intervals, Adobe's segment with the kind of colours
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # not a byte of the scan, a restart or padding


@dataclass
class _Segments:
    """What was found so far."""

    kept: list[bytes | memoryview] = field(default_factory=lambda: [b"\xff\xd8"])
    size: tuple[int, int] | None = None
    components: dict[int, Component] = field(default_factory=dict)
    scans: list[list[Component]] = field(default_factory=list)
    is_progressive: bool = False
    orientation: int = 1
    scan_bytes: int = 0


def parse_jpeg(data: bytes) -> ImageFile:
    """Return what the segments of a JPEG's first image say. Raises UnreadableImage.

    Follows the markers, so neither a thumbnail in a segment nor a video behind the end (a motion photo) counts.
    """
    view, found, at = memoryview(data), _Segments(), 2
    for _ in range(SEGMENTS_LIMIT):
        marker = _MARKER.search(data, at)
        if marker is None:
            break
        code, start = data[marker.end() - 1], marker.end()
        if code == END_OF_IMAGE:
            found.kept.append(b"\xff\xd9")
            break
        at = start + max(2, int.from_bytes(data[start : start + 2], "big"))
        body = view[start + 2 : at]
        if code == START_OF_SCAN:
            at = _end_of_scan(data, at)
            _add_scan(found, body, at - start)
            found.kept.append(view[start - 2 : at])
        elif code in OTHER_FRAMES:
            raise UnreadableImage(UNCOMMON)
        elif code in NEEDED:
            if code in FRAMES:
                _add_frame(found, body, code == 0xC2)
            found.kept.append(view[start - 2 : at])
        elif code == EXIF and bytes(body[:6]) == b"Exif\0\0" and found.orientation == 1:
            found.orientation = find_orientation(body)
    else:
        raise UnreadableImage(TOO_MANY_SEGMENTS)
    if found.size is None or not found.scans:
        raise UnreadableImage(DAMAGED)
    components = list(found.components.values())
    is_one_scan = not found.is_progressive and len(found.scans) == 1
    shrink = draft_shrink(max(found.size))
    cost_ms = jpeg_cost_ms(components, found.scans, found.scan_bytes, not is_one_scan, shrink)
    held = 0 if is_one_scan else BYTES_PER_COEFFICIENT * sum(one.coefficients for one in components)
    return ImageFile("JPEG", *found.size, cost_ms, tuple(found.kept), found.orientation, is_one_scan, held)


def draft_shrink(side_px: int) -> int:
    """Return the fraction of its size at which a JPEG is decoded: the smallest of at least DRAFT_SIDE_PX."""
    return next(shrink for shrink in (8, 4, 2, 1) if side_px >= shrink * DRAFT_SIDE_PX or shrink == 1)


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the next marker starts that is not part of a scan."""
    marker = _MARKER.search(data, at)
    return marker.start() if marker else len(data)


def _add_frame(found: _Segments, body: memoryview, is_progressive: bool) -> None:
    """Note the frame's size and components. Raises UnreadableImage."""
    if found.size is not None or len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise UnreadableImage(DAMAGED)
    height, width, count = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"), body[5]
    if not width or not height:
        raise UnreadableImage(DAMAGED)
    if body[0] != 8 or count not in (1, 3, 4):
        raise UnreadableImage(UNCOMMON)
    factors = [(body[6 + 3 * n], body[7 + 3 * n] >> 4, body[7 + 3 * n] & 15) for n in range(count)]
    if not all(1 <= across <= 4 and 1 <= down <= 4 for _, across, down in factors):
        raise UnreadableImage(DAMAGED)
    most_across, most_down = max(one[1] for one in factors), max(one[2] for one in factors)
    units = -(-width // (8 * most_across)) * -(-height // (8 * most_down))
    found.components = {name: Component(64 * units * across * down) for name, across, down in factors}
    found.size, found.is_progressive = (width, height), is_progressive


def _add_scan(found: _Segments, body: memoryview, size: int) -> None:
    """Note which components a scan has. Raises UnreadableImage."""
    if len(found.scans) >= SCANS_LIMIT:
        raise UnreadableImage(TOO_MANY_SCANS)
    if found.size is None or not len(body) or len(body) < 1 + 2 * body[0]:
        raise UnreadableImage(DAMAGED)
    named = [found.components.get(body[1 + 2 * n]) for n in range(body[0])]
    found.scans.append([one for one in named if one is not None])
    found.scan_bytes += size
