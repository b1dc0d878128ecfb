"""Make PDFs by hand, among them such that are dear to render, from a few parameters each."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

A4 = b"0 0 595 842"
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] "

PDF_SPACE: dict[str, tuple[Any, ...]] = {
    "content": ("image", "forms", "paths", "curves", "pattern", "shading", "groups"),
    "pages": (1, 5, 20),
    "count": (1, 10, 100, 1_000, 20_000),  # how often a page draws it
    "side": (50, 1_000, 5_000, 20_000, 30_000),  # of an image, in px; of a page otherwise, in points
    "bits": (1, 8),
    "channels": (1, 3, 4),
    "depth": (1, 3, 6),  # of forms inside forms
    "fan": (1, 4, 12),
    "step": (0.01, 1.0, 50.0),  # of a pattern
}
COLOURS = {1: b"/DeviceGray", 3: b"/DeviceRGB", 4: b"/DeviceCMYK"}


def build(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is its catalog."""
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    ends = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + ends


def stream(data: bytes, about: bytes = b"") -> bytes:
    """Return the object of a compressed stream."""
    packed = zlib.compress(data, 6)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n" % (len(packed), about) + packed + b"\nendstream"


def page(
    content: bytes,
    *objects: bytes,
    box: bytes = A4,
    resources: bytes = b"",
    about: bytes = b"",
    catalog: bytes = b"",
    pages: int = 1,
) -> bytes:
    """Return a PDF whose pages all have one content; `objects` are numbered from 5."""
    kids = b"3 0 R " * pages
    return build(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << %s >> %s >>"
            % (box, resources, about),
            stream(content),
            *objects,
        ]
    )


def image(side: int, bits: int, channels: int, pixels: bytes) -> bytes:
    """Return the object of a square image."""
    about = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d /ColorSpace %s"
    return stream(pixels, about % (side, side, bits, COLOURS[channels]))


def forms(depth: int, fan: int, content: bytes = b"0 0 9 9 re f") -> list[bytes]:
    """Return forms, each of which draws the next one `fan` times."""
    uses = [b"/Resources << /XObject << /F %d 0 R >> >>" % number for number in range(6, 5 + depth)]
    return [stream(b"/F Do " * fan, FORM + use) for use in uses] + [stream(content, FORM)]


def pdf(rng: np.random.Generator, p: dict[str, Any]) -> bytes:
    """Return a PDF that draws something often."""
    count, pages = p["count"], p["pages"]
    match p["content"]:
        case "image":
            size = p["side"] ** 2 * p["bits"] * p["channels"] // 8
            if size > 400_000_000:
                raise ValueError("it takes too long to make")
            drawn = image(p["side"], p["bits"], p["channels"], rng.bytes(4_096) * (size // 4_096 + 1))
            resources = b"/XObject << /I 5 0 R >>"
            return page(b"595 0 0 842 0 0 cm " + b"/I Do " * count, drawn, resources=resources, pages=pages)
        case "forms" | "groups":
            content = b"/F Do " * count
            nested = forms(p["depth"], p["fan"])
            if p["content"] == "groups":
                nested = [one.replace(FORM, FORM + b"/Group << /S /Transparency /I true >> ") for one in nested]
            return page(content, *nested, resources=b"/XObject << /F 5 0 R >>", pages=pages)
        case "paths" | "curves":
            points = rng.integers(0, 800, (count * 10, 6))
            kind = b" re f " if p["content"] == "paths" else b" c "
            values = points[:, :4] if p["content"] == "paths" else points
            drawn = kind.join(b" ".join(b"%d" % value for value in row) for row in values.tolist()) + kind
            return page(b"9 9 m " + drawn + b" S", box=b"0 0 %d %d" % (p["side"], p["side"]), pages=pages)
        case "pattern":
            step = p["step"]
            about = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /Resources << >>"
            about += b" /BBox [0 0 %f %f] /XStep %f /YStep %f" % (2 * step, 2 * step, step, step)
            content = b"/Pattern cs /P scn " + b"0 0 595 842 re f " * count
            return page(content, stream(b"0 0 1 1 re f", about), resources=b"/Pattern << /P 5 0 R >>", pages=pages)
        case _:
            work = b"{ " + b"2 copy mul sin exch cos " * p["fan"] + b"pop pop 0 0 0 }"
            domain = b"/Domain [0 595 0 842] "
            function = stream(work, b"/FunctionType 4 /Range [0 1 0 1 0 1] " + domain)
            shading = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Function 5 0 R " + domain + b">>"
            resources = b"/Shading << /S %s >>" % shading
            return page(b"/S sh " * count, function, resources=resources, pages=pages)
