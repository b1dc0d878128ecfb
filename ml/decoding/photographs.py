"""Decode a photograph of a page: grey, upright, no larger than needed. Runs in the limited process."""

import io

from PIL import Image

from ml.image_files.types import ImageFile, UnreadableImage
from ml.uploads import DAMAGED, DECODERS, UPRIGHT

SIDE_PX = 4_096  # phones' 12 and 48 megapixels become 4032 x 3024, by the decoder itself, without resampling
STRIP_PX = 128  # rows that are converted at once: a whole picture in colour takes 200 MB as it is


def decode_photograph(file: ImageFile) -> Image.Image:
    """Return an L picture whose longer side is at most SIDE_PX. Raises UnreadableImage, MemoryError."""
    try:
        image = DECODERS[file.format](io.BytesIO(file.without_metadata()))  # no other decoder is ever asked
        if image.size != (file.width, file.height):
            raise UnreadableImage(DAMAGED)
        shrink = next(n for n in (1, 2, 4, 8) if max(image.size) <= n * SIDE_PX or n == 8)
        image.draft("L", (image.width // shrink, image.height // shrink))  # only a JPEG can be decoded small
        image.load()
        grey = image if image.mode == "L" else _to_grey(image)
        if max(grey.size) > SIDE_PX:
            grey.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.HAMMING)
        return grey.transpose(UPRIGHT[file.orientation]) if file.orientation in UPRIGHT else grey
    except MemoryError:
        raise
    except Exception as problem:  # Pillow raises a dozen kinds for broken files; the sender gets the error below
        raise UnreadableImage(DAMAGED) from problem


def _to_grey(image: Image.Image) -> Image.Image:
    """Convert to L on white paper, by strips."""
    grey = Image.new("L", image.size)
    for top in range(0, image.height, STRIP_PX):
        strip = image.crop((0, top, image.width, min(top + STRIP_PX, image.height)))
        grey.paste(_strip_to_grey(strip), (0, top))
    return grey


def _strip_to_grey(strip: Image.Image) -> Image.Image:
    if strip.mode.startswith("I"):  # 16 bits
        return strip.convert("I").point(lambda value: value / 256).convert("L")
    if strip.has_transparency_data:
        seen = strip.convert("RGBA")
        paper = Image.new("L", strip.size, 255)
        paper.paste(seen.convert("L"), mask=seen.getchannel("A"))
        return paper
    return strip.convert("L")
