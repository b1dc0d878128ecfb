"""Sending and getting submissions: what is accepted, what is refused and why, and who sees what."""

import json
import uuid

import hypothesis
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import strategies as st
from rest_framework.test import APIClient

from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.symbols import crop_symbols
from ml.recognition.text_line import find_text_line
from predictions import claims, lifecycle
from predictions.models import Drawing, Submission
from predictions.services.errors import Refused
from predictions.services.validation import check_strokes
from tests.factories import SEVEN, URL, make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db


def test_strokes_are_queued_and_the_response_has_their_location(api, alice):
    response = api.post(URL, SEVEN, format="json")
    assert response.status_code == 202
    assert response["Location"] == f"{URL}{response.data['id']}/" == response.data["url"]
    assert response["Retry-After"] == "1"
    assert (response.data["status"], response.data["result"], response.data["error"]) == ("queued", None, None)
    assert Drawing.objects.get().strokes == SEVEN["strokes"]
    assert Submission.objects.get().owner == alice


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("way", ["field", "body"])
def test_images_are_accepted_as_a_field_or_as_the_body(api, fmt, way):
    data = encode_image(fmt)
    if way == "field":
        response = api.post(URL, {"image": SimpleUploadedFile("x", data)}, format="multipart")
    else:
        response = api.generic("POST", URL, data, content_type=f"image/{fmt.lower()}")
    assert response.status_code == 202
    drawing = Drawing.objects.get()
    assert (bytes(drawing.image), drawing.image_type) == (data, f"image/{fmt.lower()}")


def test_points_may_have_time_and_pressure(api):
    strokes = [[[1, 2], [3, 4, 16], [5, 6.5, 32, 0.5]]]
    assert api.post(URL, {"strokes": strokes}, format="json").status_code == 202


def _png_of(width, height):
    """Return the header of a PNG of that size, with almost no data after it."""
    data = bytearray(encode_image())
    import zlib

    ihdr = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    data[12:33] = ihdr + zlib.crc32(ihdr).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty"),
        (b"no image at all", 400, "unreadable"),
        (b"GIF89a" + bytes(100), 400, "unreadable"),
        (encode_image("PNG")[:20], 400, "unreadable"),
        (_png_of(20_000, 20_000), 413, "too_large"),
        (_png_of(8_193, 10), 413, "too_large"),
        (_png_of(5_000, 5_000), 413, "too_large"),
        (bytes(25_000_001), 413, "too_large"),
        (bytes(26_000_000), 413, "too_large"),
    ],
)
def test_an_invalid_image_is_refused_with_a_message(api, data, status, code):
    response = api.generic("POST", URL, data, content_type="image/png")
    assert (response.status_code, response.data["error"]["code"]) == (status, code)
    assert len(response.data["error"]["message"]) > 20
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "invalid"),
        ("{", "invalid"),
        ("[]", "invalid"),
        ("null", "invalid"),
        ("{}", "invalid"),
        ('{"strokes": 7}', "invalid"),
        ('{"strokes": [7]}', "invalid"),
        ('{"strokes": [[7]]}', "invalid"),
        ('{"strokes": [[[1]]]}', "invalid"),
        ('{"strokes": [[[1, 2, 3, 4, 5]]]}', "invalid"),
        ('{"strokes": [[["1", 2]]]}', "invalid"),
        ('{"strokes": [[[true, 2]]]}', "invalid"),
        ('{"strokes": [[[NaN, 2]]]}', "invalid"),
        ('{"strokes": [[[1e999, 2]]]}', "invalid"),
        ('{"strokes": [[[1e300, 2]]]}', "invalid"),
        ('{"strokes": [[[%s, 2]]]}' % ("9" * 4_000), "invalid"),
        ('{"strokes": [[[%s, 2]]]}' % ("9" * 5_000), "invalid"),
        ("[" * 100_000, "invalid"),
        ('{"strokes": [[[1, 2]]], "width": 0}', "invalid"),
        ('{"strokes": [[[1, 2]]], "width": "wide"}', "invalid"),
        ('{"strokes": [[[1, 2]]], "pen_px": -1}', "invalid"),
        ('{"strokes": [[[1, 2]]], "pen_px": 5e-324}', "invalid"),
        ('{"strokes": [[[1, 2]]], "canvas": "no uuid"}', "invalid"),
        ('{"strokes": [[[1, 2]]], "canvas": 7}', "invalid"),
        ('{"strokes": []}', "blank"),
        ('{"strokes": [[]]}', "blank"),
        (json.dumps({"strokes": [[[1, 2]]] * 501}), "too_many_strokes"),
        (json.dumps({"strokes": [[[1, 2]] * 20_001]}), "too_many_points"),
        (json.dumps({"strokes": [[[1, 2]] * 1_000_000]}), "too_large"),
    ],
)
def test_invalid_strokes_are_refused_with_a_message(api, body, code):
    response = api.generic("POST", URL, body, content_type="application/json")
    assert response.status_code == (413 if code == "too_large" else 400)
    assert response.data["error"]["code"] == code
    assert response.data["error"]["message"].endswith((".", "numbers."))
    assert not Submission.objects.exists()


def test_an_unsupported_content_type_is_refused(api):
    response = api.generic("POST", URL, "<digit/>", content_type="text/xml")
    assert (response.status_code, response.data["error"]["code"]) == (415, "unsupported_media_type")
    assert "application/json" in response.data["error"]["message"]


def test_a_chunked_body_is_refused_with_the_reason(api):
    response = api.generic("POST", URL, "{}", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked")
    assert (response.status_code, response.data["error"]["code"]) == (411, "length_required")


def test_the_trailing_slash_is_optional(api):
    assert api.post(URL.rstrip("/"), SEVEN, format="json").status_code == 202


@pytest.mark.parametrize("host", ["10.1.2.3", "evil.example.org"])
def test_only_health_probes_answer_to_any_host_name(client, host):
    assert client.get("/health/live", HTTP_HOST=host).status_code == 200
    assert client.get("/accounts/login/", HTTP_HOST=host).status_code == 400


numbers = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.sampled_from([0, 1e-300, 5e-324, 999_999.5, -0.0])
)
points = st.lists(numbers, min_size=2, max_size=4)


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(
    strokes=st.lists(st.lists(points, max_size=8), min_size=1, max_size=4),
    sizes=st.fixed_dictionaries({}, optional={n: st.floats(0.001, 1e5) for n in ("width", "height", "pen_px")}),
)
def test_accepted_strokes_can_be_rendered(strokes, sizes):
    try:
        drawing = check_strokes({"strokes": strokes, **sizes})
        page = render_strokes(drawing.strokes, drawing.width, drawing.height, drawing.pen_px)
        line = find_text_line(page)
    except (Refused, BlankDrawing):
        return
    assert np.isfinite(line.image.pixels).all() and line.image.pixels.max() <= 1
    middle = line.image.column_of(line.image.pixels.shape[1] / 2)
    (crop,) = crop_symbols(line, [middle])
    assert crop.input.shape == (28, 28) and np.isfinite(crop.input).all()


def test_a_broken_multipart_is_refused(api):
    response = api.generic("POST", URL, "--x", content_type="multipart/form-data; boundary=y")
    assert response.status_code == 400
    assert set(response.data["error"]) == {"code", "message"}


@pytest.mark.parametrize("header", [None, "Token", "Token a b", "Token \xff", "Token wrong", "Bearer wrong"])
def test_a_missing_or_unknown_token_is_401(header):
    client = APIClient()
    if header:
        client.credentials(HTTP_AUTHORIZATION=header)
    for response in (client.post(URL, SEVEN, format="json"), client.get(f"{URL}{uuid.uuid4()}/")):
        assert response.status_code == 401
        assert set(response.data["error"]) == {"code", "message"}


def test_another_users_submission_is_404_like_a_missing_one(api):
    strange = make_submission(make_user("bob"))
    missing, theirs = api.get(f"{URL}{uuid.uuid4()}/"), api.get(f"{URL}{strange.id}/")
    assert missing.status_code == theirs.status_code == 404
    assert missing.data == theirs.data


def test_a_finished_submission_has_the_documented_fields(api, alice):
    body = api.get(f"{URL}{read_one(alice).id}/").json()
    assert set(body) == {
        "id",
        "url",
        "status",
        "source",
        "batch",
        "created_at",
        "finished_at",
        "result",
        "readings",
        "expects",
        "may_train",
        "label",
        "error",
    }
    result = body["result"]
    known = {"written", "symbols", "reasons", "alternatives", "problem"}
    assert set(result) == known | {"text", "verdict", "confidence", "digits", "model", "preprocessing", "receipt"}
    assert set(result["digits"][0]) == {"digit", "confidence", "probabilities", "box", "input"}
    assert set(result["model"]) == {"version", "sha256"}
    times = {"queued_at", "started_at", "finished_at"}
    assert set(result["receipt"]) == {"runtime", "device", "worker", "batch_size"} | times
    assert (body["status"], result["text"], body["label"], body["error"]) == ("succeeded", "7", None, None)


def test_a_failed_submission_says_why(api, alice):
    submission = make_submission(alice)
    with claims.claimed(1) as [row]:
        lifecycle.fail(row, "blank")
    body = api.get(f"{URL}{submission.id}/").json()
    assert (body["status"], body["result"], body["error"]["code"]) == ("failed", None, "blank")
    assert "Draw a digit" in body["error"]["message"]


def test_a_wait_of_zero_responds_at_once(api):
    assert api.post(URL, SEVEN, format="json", HTTP_PREFER="wait=0").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_prefer_wait_returns_the_reading(api):
    import threading
    import time

    from django.db import connection

    version = make_version()

    def read_when_it_comes():
        try:
            for _ in range(200):
                with claims.claimed(1) as rows:
                    for row in rows:
                        lifecycle.succeed(row, make_prediction(row, version, "7"))
                        return
                time.sleep(0.02)
        finally:
            connection.close()

    worker = threading.Thread(target=read_when_it_comes)
    worker.start()
    response = api.post(URL, SEVEN, format="json", HTTP_PREFER="respond-async, wait=10")
    worker.join()
    assert (response.status_code, response["Preference-Applied"]) == (201, "wait=10")
    assert response.json()["result"]["text"] == "7"


def test_a_session_needs_its_csrf_token(alice):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(URL, SEVEN, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (403, "permission_denied")


def test_an_unknown_path_of_the_api_is_404_in_json(client):
    response = client.get("/api/v1/nothing/")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_drawings_are_queued_without_redis(api, settings, monkeypatch):
    from predictions import wakeup

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wakeup._redis.cache_clear()
    monkeypatch.setattr(wakeup, "breaker", wakeup.Breaker())
    try:
        responses = [api.post(URL, SEVEN, format="json").status_code for _ in range(5)]
    finally:
        wakeup._redis.cache_clear()
    assert responses == [202] * 5
    assert Submission.objects.filter(status="queued").count() == 5


def _file(data=None, name="x.png"):
    return SimpleUploadedFile(name, data or encode_image())


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"image": [_file, _file]}, "sent 2 times"),
        ({"image": [_file, "text"]}, "sent 2 times"),
        ({"image": [_file], "image2": [_file]}, "'image2'"),
        ({"image": [_file], "strokes": ["[[[1, 2]]]"]}, "strokes as JSON"),
        ({"image": [_file], "canvas": [str(uuid.uuid4()), str(uuid.uuid4())]}, "canvas"),
    ],
)
def test_a_form_with_more_than_one_drawing_is_refused(api, form, message):
    fields = {name: [part() if callable(part) else part for part in parts] for name, parts in form.items()}
    response = api.post(URL, fields, format="multipart")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert message in response.data["error"]["message"]
    assert not Submission.objects.exists()


def test_json_that_repeats_a_name_is_refused(api):
    body = '{"strokes": [[[1, 2], [30, 40]]], "strokes": [[[5, 6]]]}'
    response = api.generic("POST", URL, body, content_type="application/json")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert "repeated" in response.data["error"]["message"]
