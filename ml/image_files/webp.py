"""Read the chunks of a WebP. Source: RFC 9649, "WebP Image Format"."""

import struct
from dataclasses import dataclass, field

from ml.image_files.costs import webp_cost_ms
from ml.image_files.exif import find_orientation
from ml.image_files.types import ImageFile, UnreadableImage

CHUNKS_LIMIT = 2_000  # of an animation, each frame is one
DAMAGED = "This image is damaged or cut short. Save it again as PNG or JPEG."
ALPHA, ANIMATION = 0x10, 0x02  # flags of VP8X that are kept: not those of colour profile, EXIF and XMP
FRAME_BYTES = 16  # of an animation's frame, before its own chunks
PIXELS = (b"VP8 ", b"VP8L")


@dataclass
class _Chunks:
    """What was found so far."""

    kept: list[bytes | memoryview] = field(default_factory=list)
    size: tuple[int, int] | None = None  # of the canvas
    pixels: tuple[int, int] | None = None  # of the picture, or of an animation's first frame
    is_lossless: bool = False
    has_alpha: bool = False
    orientation: int = 1


def parse_webp(data: bytes) -> ImageFile:
    """Return what the chunks of a WebP say. Raises UnreadableImage.

    A decoder gets the picture, or the first frame of an animation, and no metadata.
    """
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    found = _Chunks()
    _read_chunks(found, memoryview(data)[12:end])
    if found.pixels is None:
        raise UnreadableImage(DAMAGED)
    width, height = found.size or found.pixels
    pixels = max(width * height, found.pixels[0] * found.pixels[1])
    size = sum(map(len, found.kept))
    cost_ms = webp_cost_ms(pixels, size, found.is_lossless, found.has_alpha)
    header = b"RIFF" + struct.pack("<I", 4 + size) + b"WEBP"
    return ImageFile("WEBP", width, height, cost_ms, (header, *found.kept), found.orientation)


def _read_chunks(found: _Chunks, view: memoryview, is_frame: bool = False) -> None:
    """Note the chunks of a file, or those inside the frame of an animation. Raises UnreadableImage."""
    at = 0
    for _ in range(CHUNKS_LIMIT):
        if at + 8 > len(view):
            return
        name, length = bytes(view[at : at + 4]), int.from_bytes(view[at + 4 : at + 8], "little")
        body, end = view[at + 8 : at + 8 + length], at + 8 + length + length % 2
        if name == b"VP8X" and not is_frame and found.size is None and len(body) >= 10:
            found.size = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
            found.kept.append(struct.pack("<4sIB", name, 10, body[0] & (ALPHA | ANIMATION)) + bytes(body[1:10]))
        elif name == b"ANMF" and not is_frame and found.pixels is None:
            _read_chunks(found, body[FRAME_BYTES:], is_frame=True)
            found.kept.append(view[at:end])
        elif name in PIXELS and found.pixels is None:
            _add_pixels(found, name, body)
            found.kept += [] if is_frame else [view[at:end]]
        elif name == b"ALPH" and found.pixels is None:
            found.has_alpha = True
            found.kept += [] if is_frame else [view[at:end]]
        elif name == b"ANIM" and not is_frame and found.pixels is None:
            found.kept.append(view[at:end])
        elif name == b"EXIF" and not is_frame:
            found.orientation = find_orientation(body)
        at = end


def _add_pixels(found: _Chunks, name: bytes, body: memoryview) -> None:
    """Note size and kind of the picture itself. Raises UnreadableImage."""
    if name == b"VP8 " and len(body) >= 10 and bytes(body[3:6]) == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        found.pixels = width & 0x3FFF, height & 0x3FFF
    elif name == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        (bits,) = struct.unpack("<I", body[1:5])
        found.pixels, found.is_lossless = (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)), True
    if found.pixels is None or not all(found.pixels):
        raise UnreadableImage(DAMAGED)
