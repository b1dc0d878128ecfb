"""Through real processes: a drawing is sent, queued, read by a worker and shown only to its owner."""

import io
import socket

import pytest
import requests
from PIL import Image, ImageDraw

from ml.golden import golden_drawing

pytestmark = pytest.mark.worker
URL = "/api/v1/submissions/"


def _png(digit, seed=0, **save):
    """Return a golden digit as a PNG, black on white."""
    drawing = golden_drawing(digit, seed=seed)
    image = Image.new("L", (drawing["width"], drawing["height"]), 255)
    pen = ImageDraw.Draw(image)
    for stroke in drawing["strokes"]:
        pen.line([tuple(point[:2]) for point in stroke], fill=0, width=round(drawing["pen_px"]), joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG", **save)
    return data.getvalue()


def _finished(service, answer):
    assert answer.status_code == 202, answer.text
    here = {}

    def is_finished():
        here.update(service.request("GET", answer.headers["Location"]).json())
        return here["finished_at"] is not None

    service.wait_until(is_finished, 20)
    return here


@pytest.mark.parametrize("digit", range(10))
def test_a_drawn_digit_is_read(service, digit):
    answer = service.request("POST", URL, json=golden_drawing(digit, seed=1), headers={"Prefer": "wait=10"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["result"]["text"] == str(digit)
    [guess] = body["result"]["digits"]
    assert sum(guess["probabilities"]) == pytest.approx(1)
    assert body["result"]["receipt"]["runtime"] in {"litert", "tensorflow"}
    assert body["url"] == answer.headers["Location"]


def test_a_client_that_does_not_wait_polls(service):
    body = _finished(service, service.request("POST", URL, data=_png(4), headers={"Content-Type": "image/png"}))
    assert (body["status"], body["result"]["text"]) == ("succeeded", "4")


def test_a_photo_is_read_upright_and_kept_without_its_metadata(service):
    turned = Image.open(io.BytesIO(_png(7, seed=2))).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90 degrees clockwise to see me upright"
    exif[0x010F] = "a camera that should be forgotten"
    data = io.BytesIO()
    turned.save(data, "JPEG", exif=exif)
    body = _finished(service, service.request("POST", URL, files={"image": data.getvalue()}))
    assert body["result"]["text"] == "7"
    [[image, original]] = service.query(
        "SELECT image, is_original FROM predictions_drawing JOIN predictions_submission s ON s.key = submission_id "
        "WHERE s.id = %s",
        body["id"],
    )
    assert not original
    kept = Image.open(io.BytesIO(image))
    assert dict(kept.getexif()) == {}
    assert b"camera" not in image


def test_a_blank_image_fails_with_a_reason(service):
    blank = io.BytesIO()
    Image.new("RGB", (280, 280), "white").save(blank, "PNG")
    body = _finished(service, service.request("POST", URL, files={"image": blank.getvalue()}))
    assert (body["status"], body["error"]["code"]) == ("failed", "blank")


def test_a_truncated_image_fails_with_a_reason(service):
    body = _finished(service, service.request("POST", URL, files={"image": _png(3)[:-200]}))
    assert (body["status"], body["error"]["code"]) == ("failed", "unreadable")


def test_another_user_cannot_see_the_drawing(service):
    mine = service.request("POST", URL, json=golden_drawing(5, seed=1))
    assert service.request("GET", mine.headers["Location"], user="bob").status_code == 404


def test_clients_that_stop_sending_do_not_block_the_site(service):
    host, port = service.url.removeprefix("http://").split(":")
    head = f"POST {URL} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Token {service.token()}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    stalled = []
    try:
        for _ in range(40):  # more than two web processes have threads
            stalled.append(socket.create_connection((host, int(port))))
            stalled[-1].sendall(head.encode())
        service.wait_until(lambda: _is_alive(service), 30)
    finally:
        for connection in stalled:
            connection.close()


def _is_alive(service):
    try:
        return requests.get(service.url + "/health/live", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def test_a_new_site_has_the_roles(service):
    assert set(service.query("SELECT name FROM auth_group")) >= {("admin",), ("reviewer",)}


def test_the_site_reports_that_it_is_ready(service):
    answer = requests.get(service.url + "/health/ready", timeout=5)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert requests.get(service.url + "/health/live", timeout=5).status_code == 200
