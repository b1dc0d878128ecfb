"""Damaged PDFs and photographs of pages are refused or read, and never do anything else; the same on each run."""

import io
import random
from collections import Counter

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from bench.security.pdfs import forms, image, page, stream
from ml.sheets.decoding import open_image, open_pdf
from ml.sheets.files import MAX_PDF_PAGES, PDF, TooLarge, UnreadableImage, check_page_file
from tests.fuzz.corpus import corpus
from tests.fuzz.images import damage

pytestmark = pytest.mark.long  # a process for each file
REPLAYED = 150


def _printed(**options):
    kept = io.BytesIO()
    canvas = Canvas(kept, pageCompression=0, **options)
    for _ in range(3):
        canvas.setFont("Helvetica", 20)
        canvas.drawString(100, 700, "Marks")
        canvas.rect(50, 50, 400, 500)
        canvas.showPage()
    canvas.save()
    return kept.getvalue()


PDFS = {
    "printed": _printed(),
    "encrypted": _printed(encrypt=StandardEncryption("", ownerPassword="o", strength=128)),
    "forms": page(b"/F Do", *forms(3, 3), resources=b"/XObject << /F 5 0 R >>"),
    "image": page(b"/I Do", image(64, 8, 3, bytes(64 * 64 * 3)), resources=b"/XObject << /I 5 0 R >>"),
    "ink": page(b"", stream(b"0 0 9 9 re f", b"/Subtype /Form /BBox [0 0 99 99]"), about=b"/Annots [<< /AP 5 0 R >>]"),
}


def read(data):
    """Return what became of a file. Raises what nobody expects."""
    try:
        if check_page_file(data) != PDF:
            return open_image(data).ndim == 2 and "read"
        pages = open_pdf(data)
    except (UnreadableImage, TooLarge) as error:
        assert str(error).endswith(".")
        return type(error).__name__
    assert 1 <= len(pages) <= MAX_PDF_PAGES
    return "rendered"


def test_damaged_pdfs_are_refused_or_rendered():
    chance, files = random.Random(26), list(PDFS.values())
    ends = Counter(read(damage(chance, files)) for _ in range(REPLAYED))
    assert ends["rendered"] > REPLAYED / 20 and ends["UnreadableImage"]


def test_damaged_photographs_of_pages_are_refused_or_read():
    chance, files = random.Random(26), list(corpus().values())
    ends = Counter(read(damage(chance, files)) for _ in range(REPLAYED))
    assert ends["read"] > REPLAYED / 20 and ends["UnreadableImage"]


@pytest.mark.parametrize("name", PDFS)
def test_cut_pdfs_are_refused_or_rendered(name):
    for end in range(1, len(PDFS[name]), max(1, len(PDFS[name]) // 10)):
        read(PDFS[name][:end])
