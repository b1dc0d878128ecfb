"""Read the header of an image file of any kind that can be decoded."""

from ml.image_files.jpeg import START as JPEG_START
from ml.image_files.jpeg import parse_jpeg
from ml.image_files.png import START as PNG_START
from ml.image_files.png import parse_png
from ml.image_files.types import ImageFile, UnreadableImage
from ml.image_files.webp import parse_webp
from ml.image_formats import describe_format

UNKNOWN = "This is not a PNG, JPEG or WebP image."


def parse_image(data: bytes, unknown: str = UNKNOWN) -> ImageFile:
    """Return what the header of a PNG, JPEG or WebP says.

    Raises UnreadableImage, which names any other format that is known; `unknown` is its sentence for the rest.
    """
    if data.startswith(JPEG_START):
        return parse_jpeg(data)
    if data.startswith(PNG_START):
        return parse_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return parse_webp(data)
    name = describe_format(data)
    if not name:
        raise UnreadableImage(unknown)
    article = "an" if name[0] in "AS" else "a"
    raise UnreadableImage(f"This is {article} {name}, which can't be read. Save it as JPEG or PNG.", _shorten(name))


def _shorten(name: str) -> str:
    return name.removesuffix(" image") if name.endswith(" image") else ""
