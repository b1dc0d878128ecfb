"""Workers and web are killed with -9 while a file is written: it ends whole, once, and drawings are read meanwhile."""

from collections.abc import Iterator

import pytest

from ml.golden import golden_drawing
from tests.site import Site, open_site

pytestmark = [pytest.mark.worker, pytest.mark.timeout(240)]
URL = "/api/v1/exports/"
COUNT = 20_000
# Copies of one drawing, since sending so many would take minutes.
COPY_SUBMISSIONS = """
    INSERT INTO predictions_submission
        (id, owner_id, guest_key, source, lane, status, attempts, error_code, finished_at, may_train, kept_bytes,
         text, verdict, confidence, label_by)
    SELECT gen_random_uuid(), owner_id, '', source, lane, 'succeeded', 1, '', now(), may_train, kept_bytes,
        text, verdict, confidence, label_by
    FROM predictions_submission, generate_series(1, %s) WHERE id = %s::uuid
"""
COPY_DRAWINGS = """
    INSERT INTO predictions_drawing (submission_id, strokes, width, height, pen_px, image_type, is_original)
    SELECT key, strokes, width, height, pen_px, image_type, is_original
    FROM predictions_submission AS copy, predictions_drawing
    WHERE submission_id = (SELECT key FROM predictions_submission WHERE id = %s::uuid) AND copy.key > submission_id
"""


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a site with two workers and COUNT drawings of alice."""
    with open_site(workers=2) as site:
        sent = site.request(
            "POST", "/api/v1/submissions/", json=golden_drawing(7, seed=1), headers={"Prefer": "wait=10"}
        )
        assert sent.status_code == 201, sent.text
        site.execute(COPY_SUBMISSIONS, COUNT - 1, sent.json()["id"])
        site.execute(COPY_DRAWINGS, sent.json()["id"])
        yield site


def _state(site: Site) -> tuple[str, int, int, str]:
    """Return the status of the export, its attempts, how many bytes of it are stored, and the claim."""
    [row] = site.query("SELECT status, attempts, bytes, claim::text FROM predictions_export")
    return tuple(row)  # type: ignore[return-value]


def _is_half_written(site: Site) -> bool:
    status, _, stored, _ = _state(site)
    return status == "running" and stored >= 1_000_000


@pytest.mark.long  # 40 s; tests/predictions/worker/exports shows the same with claims that are taken away
def test_an_export_whose_worker_and_web_are_killed_ends_whole_and_once(site):
    asked = site.request("POST", URL, json={"format": "json"})
    assert asked.status_code == 202, asked.text
    for _ in range(2):
        before = _state(site)[3]
        site.wait_until(lambda before=before: _is_half_written(site) and _state(site)[3] != before, 60)
        site.kill("worker-1")
        site.kill("worker-2")
        site.kill("web")
    site.wait_until(lambda: _state(site)[0] != "running" and _state(site)[0] != "queued", 120)
    status, attempts, stored, _ = _state(site)
    print(f"{COUNT} drawings, workers killed twice in the middle: {status} at attempt {attempts}, {stored} bytes")
    assert (status, attempts) == ("succeeded", 3)
    file = _download(site, asked.json()["url"])
    found = [one["id"] for one in file["drawings"]]
    assert len(found) == len(set(found)) == COUNT
    [[chunks, of_them]] = site.query(
        "SELECT count(*), count(DISTINCT number) FROM predictions_exportchunk WHERE octet_length(data) > 0"
    )
    assert chunks == of_them == -(-stored // 1_000_000)


def _download(site: Site, url: str):
    def is_up() -> bool:
        try:
            return site.request("GET", url).status_code == 200
        except OSError:
            return False

    site.wait_until(is_up, 30)
    answer = site.request("GET", site.request("GET", url).json()["file"])
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.long  # 30 s: a site of its own
def test_drawings_are_read_quickly_while_a_file_is_written(site):
    site.kill("worker-2")
    site.service("worker-2").restarts = False
    assert site.request("POST", URL, json={"format": "png"}).status_code == 202
    site.wait_until(lambda: _is_half_written(site), 60)
    waits = []
    for number in range(20):
        answer = site.request(
            "POST", "/api/v1/submissions/", json=golden_drawing(number % 10, seed=number), headers={"Prefer": "wait=10"}
        )
        assert answer.status_code == 201, answer.text
        receipt = answer.json()["result"]["receipt"]
        waits += site.query(
            "SELECT extract(epoch FROM %s::timestamptz - %s::timestamptz)", receipt["finished_at"], receipt["queued_at"]
        )
    assert _state(site)[0] == "running", "it is still being written"
    slowest = sorted(float(wait) for [wait] in waits)
    print(f"one worker, which writes a file: read after {slowest[10]:.2f} s (median), {slowest[-1]:.2f} s at most")
    assert slowest[10] < 1
