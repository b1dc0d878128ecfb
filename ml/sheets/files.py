"""Tell what a file of a page is, and refuse what cannot be taken, by its first bytes and header alone.

Standard library only: web processes check each upload with it. `ml.sheets.decoding` reads the files.
"""

from ml.image_files.jpeg import START as JPEG_START
from ml.image_files.parsing import parse_image
from ml.image_files.png import START as PNG_START
from ml.image_files.types import ImageFile
from ml.image_files.types import TooLarge as TooLarge  # part of what this module offers
from ml.image_files.types import UnreadableImage as UnreadableImage
from ml.image_formats import SIGNATURE_BYTES

MAX_FILE_BYTES = 25_000_000
MAX_PIXELS, MAX_SIDE_PX = 50_000_000, 12_000  # a phone's 48 megapixels are 8064 x 6048
MAX_PDF_PAGES = 20
COST_LIMIT_MS = 3_000.0  # of decoding, by `ml.image_files.costs`
HELD_LIMIT_BYTES = 200_000_000  # of a progressive JPEG, so of 48 megapixels with colour at half the resolution
PDF, PDF_START = "application/pdf", b"%PDF-"
LEAST_PDF_BYTES = 60
NOT_A_PAGE = "This is neither a photograph nor a PDF. Send a JPEG, PNG, WebP or PDF."
TOO_DEAR = "This picture takes too much time or memory to read. Save it as a baseline JPEG, or make it smaller."


class ProtectedPDF(UnreadableImage):
    """A PDF that opens with a password only."""


class EmptyFile(UnreadableImage):
    """A file without a byte."""


class TooManyPages(TooLarge):
    """A PDF with more than MAX_PDF_PAGES pages."""


def check_page_file(data: bytes, *, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Return the media type of `data`: an image of at most 50 megapixels or a PDF of at most `max_bytes`.

    Only the header of an image is read, and the first bytes of a PDF.

    Raises:
        UnreadableImage, TooLarge: with a sentence that says what to do.
    """
    if not data:
        raise EmptyFile("This file is empty. Choose it again.")
    if len(data) > max_bytes:
        raise TooLarge(f"This file is too large: the limit is {max_bytes / 1e6:g} MB. Send a smaller one.")
    if is_pdf(data):
        if len(data) < LEAST_PDF_BYTES:
            raise UnreadableImage("This PDF is damaged or cut short. Save it again.")
        return PDF
    return f"image/{parse_page_image(data).format.lower()}"


def is_pdf(data: bytes) -> bool:
    """Return whether a file says that it is a PDF. Some programs write a few bytes before that."""
    return PDF_START in data[:SIGNATURE_BYTES] and not data.startswith((JPEG_START, PNG_START, b"RIFF"))


def parse_page_image(data: bytes) -> ImageFile:
    """Return what the header of a photograph says. Raises UnreadableImage, TooLarge."""
    file = parse_image(data, NOT_A_PAGE)
    if file.width * file.height > MAX_PIXELS or max(file.width, file.height) > MAX_SIDE_PX:
        limits = f"{MAX_PIXELS / 1e6:g} megapixels and {MAX_SIDE_PX} px a side"
        raise TooLarge(f"This picture is too large. Take it with at most {limits}.")
    if file.cost_ms > COST_LIMIT_MS or file.held_bytes > HELD_LIMIT_BYTES:
        raise TooLarge(TOO_DEAR)
    return file
