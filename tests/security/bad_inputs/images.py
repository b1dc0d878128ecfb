"""Images that are none, or that would cost more than they are worth."""

import base64
import io
import json
import struct
import zlib

from PIL import Image

from bench.security.files import png_chunk
from tests.security.bad_inputs.case import JSON, SUBMISSIONS, Bad, drawing


def png_of(width: int, height: int, *, data: bytes = b"", depth: int = 8, colour: int = 0) -> bytes:
    """Return a PNG that says it has this size."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def _encode(format_: str) -> bytes:
    data = io.BytesIO()
    Image.new("L", (28, 28), 255).save(data, format_)
    return data.getvalue()


def image(name: str, data: bytes, status: int = 400, code: str = "unreadable", type_: str = "image/png") -> Bad:
    """Return an image as the body."""
    return Bad(name, f"POST {SUBMISSIONS}", status, code, data, {"Content-Type": type_})


def encoded(name: str, value: object, status: int = 400, code: str = "invalid") -> Bad:
    """Return an image in JSON."""
    return Bad(name, f"POST {SUBMISSIONS}", status, code, json.dumps({"image": value}), JSON)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BASE64 = base64.b64encode(_encode("PNG")).decode()

CASES = [
    image("an empty body", b"", 400, "empty"),
    image("one byte", b"\x89"),
    image("only the signature of a PNG", b"\x89PNG\r\n\x1a\n"),
    image("text", b"this is no image"),
    image("a page", b"<!doctype html><script>alert(1)</script>"),
    image("an SVG", SVG, type_="image/svg+xml"),
    image("an SVG said to be a PNG", SVG),
    image("a GIF", _encode("GIF")),
    image("a BMP", _encode("BMP")),
    image("a TIFF", _encode("TIFF")),
    image("an icon", _encode("ICO")),
    image("a PCX", _encode("PCX")),
    image("a portable graymap", _encode("PPM")),
    image("a JPEG 2000", b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00" * 40),
    image("an AVIF", b"\x00\x00\x00\x1cftypavif" + b"\x00" * 40),
    image("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"),
    image("a PDF", b"%PDF-1.7\n"),
    image("a ZIP", b"PK\x03\x04" + b"\x00" * 40),
    image("a program", b"\x7fELF" + b"\x00" * 60),
    image("a PNG of no width", png_of(0, 28)),
    image("a PNG of two billion pixels a side", png_of(2**31 - 1, 2**31 - 1), 413, "too_large"),
    image("a PNG of 13,000 x 13,000 in a few bytes", png_of(13_000, 13_000), 413, "too_large"),
    image("a PNG of one row of 100,000", png_of(100_000, 1), 413, "too_large"),
    image("a PNG cut off in its header", png_of(28, 28)[:20]),
    image("a JPEG cut off in its header", _encode("JPEG")[:12], type_="image/jpeg"),
    image("a JPEG of only its first marker", b"\xff\xd8\xff", type_="image/jpeg"),
    image("a WebP cut off in its header", _encode("WEBP")[:20], type_="image/webp"),
    image("a RIFF that is no WebP", b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 24, type_="image/webp"),
    image("zeros without a type of their own", bytes(1_000), type_="application/octet-stream"),
    encoded("base64 that is null", None),
    encoded("base64 that is a number", 7),
    encoded("base64 that is a list", [BASE64]),
    encoded("base64 of nothing", "", 400, "empty"),
    encoded("base64 with a line break", BASE64[:40] + "\n" + BASE64[40:]),
    encoded("base64 with text behind it", BASE64 + "!!"),
    encoded("base64 for addresses", "-_" + BASE64[2:]),
    encoded("base64 of the wrong length", BASE64[:41]),
    encoded("a data URL", f"data:image/png;base64,{BASE64}"),
    encoded("base64 in letters of another script", "ＱＱ=="),
    encoded("base64 of text", base64.b64encode(b"no image").decode(), 400, "unreadable"),
    encoded("base64 of an SVG", base64.b64encode(SVG).decode(), 400, "unreadable"),
    drawing("an image that is an address", drop="strokes", image="http://169.254.169.254/latest/meta-data/"),
    drawing("an image that is a path", drop="strokes", image="/etc/passwd"),
]
