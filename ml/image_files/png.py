"""Read the chunks of a PNG. Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)"."""

import struct

from ml.image_files.costs import png_cost_ms
from ml.image_files.exif import find_orientation
from ml.image_files.types import ImageFile, UnreadableImage

START = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
CHUNKS_LIMIT = 20_000  # the usual 8 kB a chunk make 3,200 of 25 MB
FRAME_BYTES = 12  # of a chunk: its length, name and checksum
TOO_MANY_CHUNKS = "This PNG is cut into too many parts. Save it again as PNG or JPEG."
DAMAGED = "This image is damaged or cut short. Save it again as PNG or JPEG."
NEEDED = (b"PLTE", b"tRNS")


def parse_png(data: bytes) -> ImageFile:
    """Return what the chunks of a PNG say. Raises UnreadableImage.

    Beside its pixels, a decoder gets only the palette and the transparency.
    """
    view = memoryview(data)
    kept: list[bytes | memoryview] = [START]
    header: tuple[int, ...] | None = None
    has_pixels, orientation, at = False, 1, len(START)
    for _ in range(CHUNKS_LIMIT):
        if at + 8 > len(data):
            break
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body, end = view[at + 8 : at + 8 + length], at + FRAME_BYTES + length
        if header is None:
            if name != b"IHDR" or len(body) != 13:
                raise UnreadableImage(DAMAGED)
            header = struct.unpack(">IIBBBBB", body)
            kept.append(view[at:end])
        elif name == b"IDAT":
            has_pixels = True
            kept.append(view[at:end])
        elif name in NEEDED and not has_pixels:
            kept.append(view[at:end])
        elif name == b"eXIf":
            orientation = find_orientation(body)
        elif name == b"IEND":
            kept.append(view[at:end])
            break
        at = end
    else:
        raise UnreadableImage(TOO_MANY_CHUNKS)
    if header is None:
        raise UnreadableImage(DAMAGED)
    width, height, depth, colour, _, _, interlace = header
    if not width or not height or depth not in DEPTHS.get(colour, ()):
        raise UnreadableImage(DAMAGED)
    cost_ms = png_cost_ms(width, height, CHANNELS[colour], depth, bool(interlace))
    return ImageFile("PNG", width, height, cost_ms, tuple(kept), orientation)
