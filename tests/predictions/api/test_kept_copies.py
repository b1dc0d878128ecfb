"""Only the copy that a worker made is ever served: what was hidden in an upload is gone."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from bench.security.files import png_chunk
from ml.decoding.decoder import Decoder
from predictions.models import Drawing, Submission
from predictions.worker import recognize
from tests.factories import URL, make_submission

pytestmark = pytest.mark.django_db
PAYLOAD = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"


def picture(format_, size=(90, 120), **options):
    """Return a bar on grainy paper, so that it is kept as a photo unless it is a PNG."""
    pixels = np.random.default_rng(0).integers(200, 230, (size[1], size[0], 3), dtype=np.uint8)
    pixels[20:100, 40:52] = 10
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, format_, **options)
    return kept.getvalue()


def _exif():
    exif = Image.Exif()
    exif[0x010E] = PAYLOAD.decode()
    return exif.tobytes()


def _text():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", PAYLOAD.decode())
    return text


def _segment(data):
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(PAYLOAD) + 2) + PAYLOAD + data[2:]


HIDDEN = {
    "behind a PNG": picture("PNG") + PAYLOAD,
    "behind a JPEG": picture("JPEG") + PAYLOAD,
    "behind a WebP": picture("WEBP") + PAYLOAD,
    "in a PNG's text": picture("PNG", pnginfo=_text()),
    "in a PNG's own chunk": (whole := picture("PNG"))[:33] + png_chunk(b"evIl", PAYLOAD) + whole[33:],
    "in a PNG's EXIF": picture("PNG", exif=_exif()),
    "in a JPEG's EXIF": picture("JPEG", exif=_exif()),
    "in a JPEG's comment": _segment(picture("JPEG")),
    "in a JPEG's colour profile": picture("JPEG", icc_profile=PAYLOAD),
    "in a WebP's EXIF": picture("WEBP", exif=_exif()),
    "in a WebP's XMP": picture("WEBP", xmp=PAYLOAD),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_what_is_hidden_in_an_upload_never_comes_back(where, api, reader):
    sent = HIDDEN[where]
    assert PAYLOAD in sent
    id_ = api.generic("POST", URL, sent, content_type="image/png").data["id"]
    assert recognize.recognize_batch() == 1
    drawing = Drawing.objects.get()
    assert not drawing.is_original and PAYLOAD not in bytes(drawing.image) + bytes(drawing.thumbnail)
    response = api.get(f"{URL}{id_}/image/")
    assert response.status_code == 200 and b"alert" not in response.content
    assert response["Content-Type"] in ("image/png", "image/jpeg", "image/webp")
    assert response["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(response.content)) as copy:
        assert copy.get_format_mimetype() == response["Content-Type"] and not copy.getexif()


@pytest.mark.parametrize(
    "sent", [PAYLOAD, b"<!doctype html>" + picture("PNG"), b"GIF89a/*" + picture("JPEG")], ids=repr
)
def test_what_is_first_of_all_something_else_is_refused(sent, api):
    response = api.generic("POST", URL, sent, content_type="image/png")
    assert (response.status_code, response.data["error"]["code"]) == (400, "unreadable")


def test_a_picture_over_the_limits_of_its_process_fails_alone(api, reader, monkeypatch):
    with_little_memory = Decoder(memory_bytes=20_000_000)
    monkeypatch.setattr(recognize, "decoder", with_little_memory)
    before, after = make_submission(), None
    large = io.BytesIO()
    Image.linear_gradient("L").resize((3840, 2160)).convert("RGB").save(large, "PNG", compress_level=1)
    assert api.generic("POST", URL, large.getvalue(), content_type="image/png").status_code == 202
    after = make_submission()
    assert recognize.recognize_batch() == 3
    ends = dict(Submission.objects.values_list("key", "error_code"))
    assert ends.pop(before.key) == ends.pop(after.key) == ""
    assert list(ends.values()) == ["too_large"]
    with_little_memory.close()
