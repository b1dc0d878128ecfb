"""Models are promoted back and forth under load: nothing is lost, and every receipt names one version."""

import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from ml.golden import golden_drawing
from tests.site import Site, open_site
from tests.twin import NAME, SHIPPED_CARD, write_twin

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(600)]
URL = "/api/v1/submissions/"
SHIPPED_NAME = SHIPPED_CARD.stem
WORKERS, FLIPS, SENDERS, DRAWINGS = 3, 6, 4, 40
WAITS_S = 90
SECRET = "for monitors"


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a site with three workers."""
    with open_site(workers=WORKERS, STATUS_TOKEN=SECRET) as site:
        site.token()
        yield site


def _followers(site: Site) -> int:
    """Return how many workers use the live version according to their newest heartbeat."""
    [[count]] = site.query(
        "SELECT count(*) FROM predictions_workerseen w JOIN predictions_modelversion v ON v.id = w.model_version_id"
        " WHERE v.is_live AND w.trouble = '' AND w.seen_at > now() - interval '20 s'"
    )
    return int(count)


def _promote(site: Site, *words: str) -> float:
    """Promote a version; return the seconds until all workers use it."""
    site.manage("promote", *words, "--by", "admin")
    site.wait_until(lambda: _followers(site) == WORKERS, WAITS_S)
    [[since]] = site.query("SELECT extract(epoch FROM now() - promoted_at) FROM predictions_modelversion WHERE is_live")
    return float(since)


def _longest_after(site: Site) -> float:
    """Return the longest time after a promotion at which a batch was started with the old version."""
    [[seconds]] = site.query(
        "SELECT coalesce(max(extract(epoch FROM p.started_at - went.at)), 0) FROM predictions_prediction p"
        " JOIN predictions_modelversion v ON v.id = p.model_version_id JOIN LATERAL (SELECT at, target"
        "  FROM accounts_auditevent WHERE action = 'model.promoted' AND at < p.started_at ORDER BY at DESC LIMIT 1"
        " ) went ON true WHERE went.target <> v.name"
    )
    return float(seconds)


def _stream(site: Site, sender: int, is_over: Event) -> dict[str, int]:
    """Send drawings until `is_over`; return the drawing's seed by submission id."""
    sent: dict[str, int] = {}
    while not is_over.is_set():
        seed = (len(sent) * SENDERS + sender) % DRAWINGS
        answer = site.request("POST", URL, json=golden_drawing(seed % 10, seed=seed))
        assert answer.status_code == 202, answer.text
        sent[answer.json()["id"]] = seed
        time.sleep(0.05)
    return sent


def _unfinished(site: Site) -> int:
    [[count]] = site.query("SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')")
    return int(count)


def _assert_each_was_read_by_the_version_it_names(site: Site, sent: dict[str, int]) -> None:
    """Check that readings of one drawing by one version agree, and that the second version is less confident."""
    rows = site.query(
        "SELECT s.id::text, v.name, s.confidence FROM predictions_prediction p"
        " JOIN predictions_submission s ON s.key = p.submission_id"
        " JOIN predictions_modelversion v ON v.id = p.model_version_id WHERE s.owner_id IS NOT NULL"
    )
    assert sorted(id_ for id_, _, _ in rows) == sorted(sent)
    sure: dict[tuple[int, str], set[float]] = defaultdict(set)
    for id_, name, confidence in rows:
        sure[sent[id_], name].add(round(confidence, 5))
    assert all(max(found) - min(found) < 1e-4 for found in sure.values())
    both = [seed for seed in range(DRAWINGS) if (seed, NAME) in sure and (seed, SHIPPED_NAME) in sure]
    assert both
    assert all(min(sure[seed, NAME]) <= max(sure[seed, SHIPPED_NAME]) for seed in both)


def test_models_are_promoted_back_and_forth_under_load_and_nothing_is_lost(site, tmp_path):
    site.manage("register_model", str(write_twin(tmp_path)))
    is_over = Event()
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(_stream, site, number, is_over) for number in range(SENDERS)]
        try:
            waits = [_promote(site, *(["--rollback"] if flip else [NAME])) for flip in range(FLIPS)]
        finally:
            is_over.set()
        sent = {id_: seed for sender in senders for id_, seed in sender.result().items()}
    site.wait_until(lambda: _unfinished(site) == 0, WAITS_S)
    [[read, failed, late]] = site.query(
        "SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'),"
        " max(extract(epoch FROM finished_at - queued_at)) FROM predictions_submission WHERE owner_id IS NOT NULL"
    )
    print(
        f"{len(sent)} sent over {FLIPS} promotions: {read} read, {failed} failed, the longest after {late:.1f} s; the"
        f" last batch with the former version begins {_longest_after(site):.2f} s after; all {WORKERS} workers say that"
        f" they follow after {', '.join(f'{wait:.1f}' for wait in waits)} s"
    )
    assert (read, failed) == (len(sent), 0)
    _assert_each_was_read_by_the_version_it_names(site, sent)


def test_a_broken_network_leaves_the_previous_one_serving_and_the_operator_is_told(site, tmp_path):
    site.manage("register_model", str(write_twin(tmp_path)))
    site.query(  # an intruder who can write to the table
        "UPDATE predictions_modelartifact SET data = 'evil' WHERE version_id ="
        " (SELECT id FROM predictions_modelversion WHERE name = 'twin') RETURNING id"
    )
    site.query("UPDATE predictions_modelversion SET is_live = false RETURNING id")
    site.query("UPDATE predictions_modelversion SET is_live = true WHERE name = 'twin' RETURNING id")

    def status() -> dict[str, Any]:
        return dict(site.request("GET", "/health/status", headers={"Authorization": f"Bearer {SECRET}"}).json())

    def are_told() -> bool:
        troubles = [worker["trouble"] for worker in status()["workers"]]
        return ["not those that were registered" in trouble for trouble in troubles] == [True] * WORKERS

    site.wait_until(are_told, WAITS_S)
    told = status()
    assert told["wrong"] == ["model_refused"]
    assert {worker["model"] for worker in told["workers"]} == {SHIPPED_NAME}
    answer = site.request("POST", URL, json=golden_drawing(7, seed=1), headers={"Prefer": "wait=10"})
    assert (answer.status_code, answer.json()["result"]["model"]["version"]) == (201, SHIPPED_NAME)
    site.manage("promote", SHIPPED_NAME, "--by", "admin")
    site.wait_until(lambda: status()["wrong"] == [], WAITS_S)
