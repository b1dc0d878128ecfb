"""Forms with files and batches: tricks with boundaries, names and counts."""

import io
import json

from PIL import Image

from tests.security.bad_inputs.case import DRAWING, JSON, SUBMISSIONS, Bad

BATCH = f"POST {SUBMISSIONS}batch/"


def _picture() -> bytes:
    data = io.BytesIO()
    Image.new("L", (28, 28), 255).save(data, "PNG")
    return data.getvalue()


PNG = _picture()
FIELD = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n%s\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def form(name: str, body: bytes, status: int = 400, code: str = "invalid", boundary: str = "b") -> Bad:
    """Return a form of these bytes."""
    type_ = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Bad(name, f"POST {SUBMISSIONS}", status, code, body, type_)


def fields(name: str, status: int = 400, code: str = "invalid", /, **values: str) -> Bad:
    """Return a good image with other fields."""
    files = [("image", ("a.png", PNG, "image/png"))]
    return Bad(name, f"POST {SUBMISSIONS}", status, code, form=values, files=files)


def batch(name: str, body: object, status: int = 400, code: str = "invalid") -> Bad:
    """Return a batch as JSON."""
    return Bad(name, BATCH, status, code, json.dumps(body), JSON)


CASES = [
    form("a form of nothing", b""),
    form("a form that only ends", b"--b--\r\n"),
    form("a form without an end", FILE % PNG[:20]),
    form("a form with another boundary", (FILE % PNG).replace(b"--b", b"--c") + b"--c--\r\n"),
    form("a form without a boundary", FILE % PNG + b"--b--\r\n", 400, "parse_error", boundary=""),
    form(
        "a boundary of 2,000 characters", FILE % PNG + b"--b--\r\n", 415, "unsupported_media_type", boundary="b" * 2_000
    ),
    form(
        "a form inside a form",
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
        b'Content-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nx\r\n--c--\r\n--b--\r\n',
    ),
    form("a field without a name", b"--b\r\nContent-Disposition: form-data\r\n\r\n7\r\n--b--\r\n"),
    form("a field with 50 headers", b"--b\r\n" + b"X: 1\r\n" * 50 + b"\r\n7\r\n--b--\r\n"),
    form(
        "a field's header of 100,000 bytes",
        b"--b\r\nX: " + b"a" * 100_000 + b"\r\n\r\n7\r\n--b--\r\n",
        400,
        "parse_error",
    ),
    form("a field's name of 50,000 characters", FIELD % (b"a" * 50_000, b"7") + b"--b--\r\n", 400, "parse_error"),
    form("10,000 fields", FIELD % (b"a", b"") * 10_000 + b"--b--\r\n"),
    form("100,000 fields", FIELD % (b"a", b"") * 100_000 + b"--b--\r\n"),
    form("2,000 files", FILE % b"" * 2_000 + b"--b--\r\n"),
    form("an image as text", FIELD % (b"image", b"a.png") + b"--b--\r\n"),
    form("an empty file", FILE % b"" + b"--b--\r\n", 400, "empty"),
    form("two images", (FILE % PNG) * 2 + b"--b--\r\n"),
    form("a file in another field", (FILE % PNG).replace(b'"image"', b'"avatar"') + b"--b--\r\n"),
    form(
        "a file in base64",
        (FILE % b"!!!").replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1) + b"--b--\r\n",
        400,
        "parse_error",
    ),
    form(
        "a path as the file's name",
        (FILE % b"x").replace(b"a.png", b"../../../etc/passwd") + b"--b--\r\n",
        400,
        "unreadable",
    ),
    form(
        "a NUL in the file's name", (FILE % b"x").replace(b"a.png", b"a.png\0.html") + b"--b--\r\n", 400, "unreadable"
    ),
    form(
        "a file's name of 10,000 characters",
        (FILE % b"x").replace(b"a.png", b"a" * 500) + b"--b--\r\n",
        400,
        "unreadable",
    ),
    fields("strokes in a form", strokes="[[[1, 1]]]"),
    fields("an unknown source in a form", source="fax"),
    fields("a source that only programs have", source="api"),
    fields("may_train that is neither", may_train="perhaps"),
    fields("an unknown kind in a form", expects="poem"),
    fields("an expectation that is no JSON", expects='{"kind":'),
    fields("an expectation nested 5,000 deep", expects='{"a":' * 5_000),
    fields("a canvas in a form that is no UUID", canvas="7"),
    Bad("a form of letters", f"POST {SUBMISSIONS}", 415, "unsupported_media_type", form={"image": "x"}),
    batch("a batch of nothing", []),
    batch("a batch that is an object", DRAWING),
    batch("a batch that is a string", "drawings"),
    batch("a batch that is null", None),
    batch("a batch of 101", [DRAWING] * 101, 413, "too_many_items"),
    batch("a batch of 100,000 numbers", [7] * 100_000, 413, "too_many_items"),
    Bad("a batch without a type", BATCH, 415, "unsupported_media_type", b"[]", {"Content-Type": ""}),
    Bad("a batch as an image", BATCH, 415, "unsupported_media_type", PNG, {"Content-Type": "image/png"}),
    Bad("a batch that is not closed", BATCH, 400, "invalid", json.dumps([DRAWING])[:-1], JSON),
    Bad("a batch of texts in a form", BATCH, 400, "invalid", FIELD % (b"image", b"7") + b"--b--\r\n", MULTIPART),
    Bad(
        "a batch with two expectations",
        BATCH,
        400,
        "invalid",
        FILE % PNG + FIELD % (b"expects", b"date") * 2 + b"--b--\r\n",
        MULTIPART,
    ),
]
