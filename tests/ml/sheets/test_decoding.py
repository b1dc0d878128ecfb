"""Photographs and PDFs of pages are decoded in a fresh process under limits; what is hostile fails alone."""

import io
import os
import signal
from threading import Timer

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from bench.security.pdfs import build, forms, image, page, stream
from ml.decoding import process
from ml.decoding.pdf import render_pages
from ml.decoding.photographs import SIDE_PX, decode_photograph
from ml.sheets import decoding
from ml.sheets.decoding import DecoderKilled, open_image, open_pdf
from ml.sheets.files import MAX_PDF_PAGES, ProtectedPDF, TooLarge, TooManyPages, UnreadableImage, parse_page_image

SLOW = pytest.mark.long  # a second of CPU or more each
SQUARE = b"100 0 0 rg 0 742 100 100 re f"  # in the upper left corner of A4


def photograph(size=(400, 300), mode="RGB", format_="JPEG", **options):
    """Return a white picture, transparent where the mode allows, with a dark upper left corner."""
    paper = Image.new(mode, size, (255, 255, 255, 0)[: len(mode)] if len(mode) > 1 else 255)
    paper.paste((10, 20, 30, 255)[: len(mode)] if len(mode) > 1 else 20, (0, 0, size[0] // 4, size[1] // 4))
    kept = io.BytesIO()
    paper.save(kept, format_, **options)
    return kept.getvalue()


def printed(pages=1, **options):
    """Return a PDF with a word on each page."""
    kept = io.BytesIO()
    canvas = Canvas(kept, **options)
    for number in range(pages):
        canvas.drawString(100, 100, f"page {number}")
        canvas.showPage()
    canvas.save()
    return kept.getvalue()


def decoded(data):
    """Return a photograph as `open_image` does, without a process of its own."""
    return np.asarray(decode_photograph(parse_page_image(data)))


def rendered(data):
    """Return the pages of a PDF as arrays, without a process of its own."""
    return [decoded(one) for one in render_pages(data, MAX_PDF_PAGES, decoding.PAGE_BYTES)]


@pytest.mark.parametrize(
    ("mode", "format_"), [("RGB", "JPEG"), ("L", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "WEBP")]
)
def test_photographs_become_grey_arrays_on_white(mode, format_):
    pixels = decoded(photograph(mode=mode, format_=format_))
    assert (pixels.shape, pixels.dtype) == ((300, 400), np.uint8)
    assert pixels[:70, :95].max() < 40 and pixels[80:, 110:].min() > 245


@pytest.mark.parametrize(("orientation", "dark"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_photographs_are_turned_upright_and_their_other_metadata_is_not_read(orientation, dark):
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = orientation, {2: (48.0, 8.0, 0.0)}  # where it was taken
    pixels = decoded(photograph(exif=exif.tobytes()))
    assert pixels.shape == ((300, 400) if orientation < 5 else (400, 300))
    assert pixels[dark] < 40 and pixels[-1 - dark[0], -1 - dark[1]] > 245


def test_a_photograph_comes_from_the_process_as_it_is_decoded():
    assert np.array_equal(open_image(photograph()), decoded(photograph()))


@pytest.mark.parametrize(("format_", "size"), [("JPEG", (8064, 6048)), pytest.param("PNG", (6048, 8064), marks=SLOW)])
def test_48_megapixels_are_decoded_within_the_limits(format_, size):
    pixels = open_image(photograph(size, format_=format_))
    assert max(pixels.shape) <= SIDE_PX and pixels.shape[0] * size[0] == pytest.approx(
        pixels.shape[1] * size[1], rel=1e-3
    )
    assert pixels[10, 10] < 40 and pixels[-10, -10] > 245


def test_a_pdf_becomes_a_picture_for_each_page_whatever_size_it_states():
    shapes = [rendered(page(SQUARE, box=box))[0].shape for box in (b"0 0 595 842", b"0 0 14400 14400", b"0 0 72 72")]
    assert shapes[0] == pytest.approx((2923, 2066), abs=2)  # 250 dpi
    assert shapes[1] == pytest.approx((SIDE_PX, SIDE_PX), abs=2)
    assert shapes[2] == pytest.approx((2400, 2400), abs=2)
    (pixels,) = rendered(page(SQUARE))
    assert pixels[:300, :300].max() < 100 and pixels[400:, 400:].min() > 250


def test_pages_come_in_order_and_more_than_20_are_refused():
    first, second = open_pdf(printed(2))
    assert first != second
    with pytest.raises(TooManyPages, match="limit is 20"):
        open_pdf(printed(21))


def test_only_a_pdf_that_needs_a_password_is_refused_for_it():
    with pytest.raises(ProtectedPDF, match="Save it without one"):
        open_pdf(printed(encrypt=StandardEncryption("secret", strength=128)))
    assert len(open_pdf(printed(encrypt=StandardEncryption("", ownerPassword="o", canPrint=0, strength=128)))) == 1


def test_what_is_drawn_with_a_pen_on_a_pdf_is_seen():
    ink = b"<< /Type /Annot /Subtype /Ink /Rect [0 0 595 842] /F 4 /AP << /N 5 0 R >> >>"
    drawn = page(b"", stream(SQUARE, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"), about=b"/Annots [%s]" % ink)
    assert rendered(drawn)[0][100, 100] < 100


KIDS = b"<< /Type /Pages /Kids [%s] /Count %d >>"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
ONE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>"
ACTION = b"/OpenAction << /S /JavaScript /JS (while\\(true\\){}) >> "
ATTACHED = b"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (/etc/passwd) >>] >> >>"


@SLOW
@pytest.mark.parametrize(
    "data",
    [
        page(b"0 0 9 9 re f", box=b"0 0 1000000000 1000000000"),
        page(b"0 0 9 9 re f", box=b"0 0 1e39 1e39"),
        page(b"0 0 9 9 re f", box=b"-5 10 -5 10"),
        page(b"0 0 9 9 re f", box=b"0 0 1 14400"),
        page(b"0 0 9 9 re f", about=b"/UserUnit 75000 "),
        page(b"0 0 9 9 re f", about=b"/X " + b"[" * 200_000 + b"]" * 200_000),
        page(b"0 0 9 9 re f", catalog=ACTION + ATTACHED),
        page(b"[" * 1_000_000 + b"q " * 1_000_000),
        page(b"/F Do", *forms(5, 5), resources=b"/XObject << /F 5 0 R >>"),
        page(b"/I Do", image(60_000, 8, 3, b"abc"), resources=b"/XObject << /I 5 0 R >>"),
        build([CATALOG, KIDS % (b"3 0 R", 1_000_000_000), ONE]),
    ],
    ids=["huge", "infinite", "none", "thin", "unit", "arrays", "script", "operators", "forms", "image", "count"],
)
def test_strange_pdfs_are_rendered_within_the_limits(data):
    assert len(open_pdf(data)) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n" + b"x" * 500,
        printed()[:500],
        build([CATALOG, KIDS % (b"2 0 R", 1)]),
        build([CATALOG, KIDS % (b"", 0)]),
        build([CATALOG, KIDS % (b"3 0 R", 5), ONE]),
        pytest.param(lambda: page(b" " * 400_000_000), marks=SLOW),
        pytest.param(lambda: page(b"0 0 595 842 re f " * 2_000_000), marks=SLOW),
        pytest.param(lambda: page(b"/F Do", *forms(10, 10), resources=b"/XObject << /F 5 0 R >>"), marks=SLOW),
    ],
    ids=["none", "cut", "loop", "no page", "missing", "inflated", "operators", "forms"],
)
def test_bombs_and_damaged_pdfs_are_refused(data):
    with pytest.raises(UnreadableImage, match="Print it into a new PDF"):
        open_pdf(data() if callable(data) else data)


@SLOW
def test_a_pdf_that_takes_too_much_cpu_time_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "PDF_CPU_S", 1)
    drawn = image(1_000, 8, 1, bytes(1_000_000))
    with pytest.raises(TooLarge, match="Photograph its pages"):
        open_pdf(page(b"595 0 0 842 0 0 cm " + b"/I Do " * 5_000, drawn, resources=b"/XObject << /I 5 0 R >>"))
    assert len(open_pdf(printed())) == 1


@SLOW
def test_a_picture_that_takes_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MEMORY_BYTES", 30_000_000)
    with pytest.raises(TooLarge, match="baseline JPEG"):
        open_image(photograph((5_000, 4_000), format_="PNG"))


@pytest.fixture
def started(monkeypatch):
    """Return the ids of the processes that decoding starts; each is stopped at once."""
    pids, start = [], process.LimitedProcess._start

    def start_stopped(self):
        found = start(self)
        os.kill(found.pid, signal.SIGSTOP)
        pids.append(found.pid)
        return found

    monkeypatch.setattr(process.LimitedProcess, "_start", start_stopped)
    return pids


@pytest.mark.parametrize(("sent", "error"), [(signal.SIGKILL, DecoderKilled), (signal.SIGSEGV, UnreadableImage)])
def test_a_killed_process_is_tried_again_and_a_crash_is_the_files_fault(started, sent, error):
    Timer(0.3, lambda: [os.kill(started[0], one) for one in (sent, signal.SIGCONT)]).start()
    with pytest.raises(error):
        open_pdf(printed())


def test_a_file_that_hangs_is_given_up_and_leaves_no_process(started, monkeypatch):
    monkeypatch.setattr(decoding, "WALL_S", 0.5)
    with pytest.raises(TooLarge):
        open_image(photograph())
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
