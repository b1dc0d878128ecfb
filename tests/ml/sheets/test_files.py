"""What is taken as a page is told by its first bytes, and what is not is refused with what to do."""

import io
import struct
import subprocess
import sys

import pytest
from PIL import Image

from ml.sheets.files import MAX_FILE_BYTES, TooLarge, UnreadableImage, check_page_file
from tests.security.bad_inputs.images import png_of

PDF = b"%PDF-1.7\n" + b"1 0 obj << >> endobj " * 5


def encoded(format_, size=(40, 30), **options):
    """Return a white picture."""
    kept = io.BytesIO()
    Image.new("L", size, 255).save(kept, format_, **options)
    return kept.getvalue()


def jpeg_of(width, height, *, progressive=False, components=((1, 0x22), (2, 0x11), (3, 0x11))):
    """Return the header of a JPEG of this size and one scan."""
    frame = struct.pack(">BHHB", 8, height, width, len(components))
    frame += b"".join(bytes((name, factors, 0)) for name, factors in components)
    scan = bytes([len(components)]) + b"".join(bytes((name, 0)) for name, _ in components) + bytes((0, 63, 0))
    parts = ((0xC2 if progressive else 0xC0, frame), (0xDA, scan))
    segments = b"".join(b"\xff%c" % code + struct.pack(">H", len(body) + 2) + body for code, body in parts)
    return b"\xff\xd8" + segments + b"\x00" * 9 + b"\xff\xd9"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (encoded("JPEG"), "image/jpeg"),
        (encoded("PNG"), "image/png"),
        (encoded("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        (b"\r\nsome printer's words\n" + PDF, "application/pdf"),
        (jpeg_of(8064, 6048), "image/jpeg"),  # 48 megapixels of a phone
        (jpeg_of(6048, 8064, progressive=True), "image/jpeg"),
        (png_of(8000, 6000), "image/png"),
    ],
)
def test_photographs_and_pdfs_are_taken(data, content_type):
    assert check_page_file(data) == content_type


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", UnreadableImage, "empty"),
        (b"PDF" + bytes(MAX_FILE_BYTES), TooLarge, "limit is 25 MB"),
        (b"a,b\n1,2\n", UnreadableImage, "Send a JPEG, PNG, WebP or PDF"),
        (b"PK\x03\x04" + bytes(40), UnreadableImage, "Send a JPEG, PNG, WebP or PDF"),
        (b"%PDF-1.7\n", UnreadableImage, "cut short"),
        (b"\0\0\0\x18ftypheic" + bytes(40), UnreadableImage, "HEIC image, which can't be read. Save it as JPEG"),
        (b"II*\0" + bytes(40), UnreadableImage, "TIFF image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), UnreadableImage, "damaged"),
        (png_of(13_000, 3_000), TooLarge, "at most 50 megapixels and 12000 px"),
        (png_of(9_000, 9_000), TooLarge, "at most 50 megapixels"),
        (jpeg_of(9_000, 9_000), TooLarge, "at most 50 megapixels"),
        (jpeg_of(8064, 6048, progressive=True, components=((1, 17), (2, 17), (3, 17))), TooLarge, "baseline JPEG"),
        (png_of(8_000, 6_000, depth=16, colour=6), TooLarge, "baseline JPEG"),
        (encoded("WEBP", (4_000, 3_000)), TooLarge, "baseline JPEG"),
    ],
)
def test_what_is_refused_says_what_to_do(data, error, said):
    with pytest.raises(error, match=said):
        check_page_file(data)


def test_checking_loads_no_decoder():
    check = "import sys, ml.sheets.files; print(sorted({'PIL', 'numpy', 'pypdfium2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout == "[]\n"
