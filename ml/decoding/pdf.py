"""Render the pages of a PDF as grey JPEGs. Runs in the limited process.

PDFium is built without JavaScript and XFA here, and is given no form to fill in and no font or file to load. What
people draw on a page with a pen (ink annotations) is rendered with it.
"""

import io
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from ml.decoding.photographs import SIDE_PX
from ml.image_files.types import UnreadableImage

POINTS_PER_INCH = 72
DPI = 250
LEAST_SIDE_PX = 2_400  # of a page's longer side, as SIDE_PX is the most, whatever size the PDF states
QUALITIES = (90, 70, 40)  # of a JPEG; the first that is small enough


class WrongPassword(Exception):
    """The PDF opens with a password."""


class TooMany(Exception):
    """The PDF has more pages than allowed."""


def render_pages(data: bytes, max_pages: int, max_page_bytes: int) -> Iterator[bytes]:
    """Yield a JPEG of each page, whose quality is lower if it would take more than `max_page_bytes`.

    Raises:
        WrongPassword, TooMany: before the first page.
        UnreadableImage: if it is damaged or has no page.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as problem:
        if pdfium.FPDF_GetLastError() in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise WrongPassword from None
        raise UnreadableImage(str(problem)) from problem
    if len(document) > max_pages:
        raise TooMany
    if not len(document):
        raise UnreadableImage("no page")
    for number in range(len(document)):
        try:
            yield _encode(_render(document, number), max_page_bytes)
        except pypdfium2.PdfiumError as problem:
            raise UnreadableImage(str(problem)) from problem


def _render(document: pypdfium2.PdfDocument, number: int) -> Image.Image:
    width, height = document.get_page_size(number)
    longer = max(width, height, 1.0)
    scale = min(max(DPI / POINTS_PER_INCH, LEAST_SIDE_PX / longer), SIDE_PX / longer)
    page = document[number]
    try:
        bitmap = page.render(scale=scale * 0.9999, grayscale=True, limit_image_cache=True)  # a side is rounded up
        return bitmap.to_pil().copy()
    finally:
        page.close()


def _encode(page: Image.Image, max_bytes: int) -> bytes:
    for quality in QUALITIES:
        kept = io.BytesIO()
        page.save(kept, "JPEG", quality=quality)
        if kept.tell() <= max_bytes:
            break
    return kept.getvalue()
