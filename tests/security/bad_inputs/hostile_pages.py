"""Photographs and PDFs that are taken, since only a worker looks into them, and the codes with which they may fail."""

import io

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from bench.security.pdfs import build, forms, image, page

CATALOG, KIDS = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>"
BAD, DEAR, BARE = ("bad_file",), ("too_large",), ("bad_photo", "no_table", "no_code")
USE_FORM, USE_IMAGE = b"/XObject << /F 5 0 R >>", b"/XObject << /I 5 0 R >>"
SCRIPT = b"/OpenAction << /S /JavaScript /JS (while\\(true\\){}) >> "


def _printed(pages: int, **options: StandardEncryption) -> bytes:
    kept = io.BytesIO()
    canvas = Canvas(kept, **options)
    for _ in range(pages):
        canvas.showPage()
    canvas.save()
    return kept.getvalue()


def _photograph(format_: str, size: tuple[int, int]) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, (90, 80, 70)).save(kept, format_)
    return kept.getvalue()


def hostile_pages() -> dict[str, tuple[bytes, tuple[str, ...]]]:
    """Return files by name, each with the codes that are right. Takes seconds."""
    return {
        "48 megapixels of nothing as JPEG": (_photograph("JPEG", (8064, 6048)), BARE),
        "48 megapixels of nothing as PNG": (_photograph("PNG", (8064, 6048)), BARE),
        "half a photograph": (_photograph("JPEG", (1000, 1000))[:4_000], (*BAD, *BARE)),
        "a PDF of garbage": (b"%PDF-1.7\n" + b"x" * 500, BAD),
        "a PDF whose pages are themselves": (build([CATALOG, KIDS % (b"2 0 R", 1)]), BAD),
        "a PDF without a page": (build([CATALOG, KIDS % (b"", 0)]), BAD),
        "a PDF with a password": (_printed(1, encrypt=StandardEncryption("secret", strength=128)), ("protected",)),
        "a PDF of 21 pages": (_printed(21), ("too_many_pages",)),
        "a PDF that inflates to 400 MB": (page(b" " * 400_000_000), BAD),
        "a PDF of a billion forms": (page(b"/F Do", *forms(10, 10), resources=USE_FORM), BAD),
        "a PDF that runs a script": (page(b"0 0 9 9 re f", catalog=SCRIPT), BARE),
        "a PDF of 200 inches": (page(b"0 0 9 9 re f", box=b"0 0 14400 14400"), BARE),
        "a PDF of 100,000 km": (page(b"0 0 9 9 re f", about=b"/UserUnit 75000000"), BARE),
        "a PDF of an image of 3.6 gigapixels": (page(b"/I Do", image(60_000, 8, 3, b"abc"), resources=USE_IMAGE), BARE),
        "a PDF that draws an image 5,000 times": (
            page(b"595 0 0 842 0 0 cm " + b"/I Do " * 5_000, image(1_000, 8, 1, bytes(1_000_000)), resources=USE_IMAGE),
            DEAR,
        ),
    }
