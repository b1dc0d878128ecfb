"""Processes are killed with -9 under load: everything accepted is read once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from ml.golden import golden_drawing
from tests.site import PASSWORDS, Site, open_site

pytestmark = [pytest.mark.worker, pytest.mark.timeout(240)]
URL = "/api/v1/submissions/"


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a site with three workers."""
    with open_site(workers=3) as site:
        yield site


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder to which `site_without_redis` delivers mail."""
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="module")
def site_without_redis(mails: Path) -> Iterator[Site]:
    """Start a site with three workers whose Redis is gone for good."""
    with open_site(workers=3, sends_mail=True, MAIL_FOLDER=str(mails)) as site:
        site.service("redis").restarts = False
        site.kill("redis")
        yield site


@pytest.fixture(scope="module")
def site_that_rarely_polls() -> Iterator[Site]:
    """Start a site whose worker polls every 30 s, so that only a wake-up can be quick."""
    with open_site(workers=1, LOOK_EVERY_MS="30000") as site:
        yield site


def _send(site: Site, number: int) -> str:
    answer = site.request("POST", URL, json=golden_drawing(number % 10, seed=number))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _unfinished(site: Site) -> int:
    [[count]] = site.query("SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')")
    return int(count)


def _counts(site: Site, ids: set[str]) -> tuple[int, int, int]:
    """Return how many of these submissions succeeded, their predictions, and those of more than one attempt."""
    [row] = site.query(
        "SELECT count(DISTINCT s.key) FILTER (WHERE s.status = 'succeeded'), count(p.id),"
        " count(DISTINCT s.key) FILTER (WHERE s.attempts > 1)"
        " FROM predictions_submission s LEFT JOIN predictions_prediction p ON p.submission_id = s.key"
        " WHERE s.id = ANY(%s::uuid[])",
        list(ids),
    )
    return tuple(row)  # type: ignore[return-value]


def _request_password_reset(site: Site, email: str) -> None:
    with requests.Session() as person:
        page = person.get(f"{site.url}/accounts/password/reset/", timeout=10)
        given = {"csrfmiddlewaretoken": person.cookies["csrftoken"], "email": email}
        answer = person.post(page.url, given, timeout=10)
        assert answer.status_code == 200, answer.text


def _delivered(folder: Path, address: str) -> list[Path]:
    return [path for path in folder.glob("*.log") if f"To: {address}" in path.read_text(encoding="utf-8")]


@pytest.mark.long  # 20 s; in CI `make chaos` kills workers under load
def test_workers_killed_in_mid_batch_lose_nothing_and_read_nothing_twice(site):
    total, kills = 500, 5
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(_send, site, number) for number in range(total)]
        killed = 0
        while killed < kills:
            done = sum(future.done() for future in sent)
            if done >= (killed + 1) * total // (kills + 1):
                site.kill(f"worker-{killed % 3 + 1}")
                killed += 1
            site.supervisor.tend()
            time.sleep(0.02)
        ids = {future.result() for future in sent}
    site.wait_until(lambda: _unfinished(site) == 0, 90)
    succeeded, predictions, again = _counts(site, ids)
    print(f"{total} sent, {kills} workers killed: {succeeded} read, {predictions} predictions, {again} after a death")
    assert len(ids) == total
    assert (succeeded, predictions) == (total, total)


@pytest.mark.long  # 10 s; in CI `make chaos` keeps Redis away under load
def test_with_redis_gone_for_good_all_is_read_and_nobody_waits_long(site_without_redis):
    site = site_without_redis
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda number: _send(site, number), range(50)))
    sending_s = time.monotonic() - began
    site.wait_until(lambda: _unfinished(site) == 0, 60)
    [[median, longest]] = site.query(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), max(waited) FROM"
        " (SELECT extract(epoch FROM finished_at - created_at) AS waited FROM predictions_submission"
        "  WHERE id = ANY(%s::uuid[])) AS waits",
        list(ids),
    )
    print(f"50 sent in {sending_s:.1f} s with Redis gone: read after {median:.2f} s (median), {longest:.2f} s at most")
    assert _counts(site, ids)[:2] == (50, 50)
    assert longest < 15  # promised: 5
    with requests.Session() as person:
        page = site.url + "/accounts/login/"
        person.get(page, timeout=30)
        form = {"login": "alice", "password": PASSWORDS["alice"], "csrfmiddlewaretoken": person.cookies["csrftoken"]}
        assert person.post(page, form | {"login": "nobody"}, timeout=30).status_code == 200  # counted, not let in
        assert person.post(page, form, timeout=30, allow_redirects=False).status_code == 302
        history = person.get(site.url + "/history/", timeout=30, allow_redirects=False)
        assert history.status_code == 200


@pytest.mark.long  # 15 s; in CI `make chaos` keeps Redis away under load
def test_a_worker_that_starts_while_redis_is_away_reads(site_without_redis):
    site = site_without_redis
    for number in range(1, 4):
        site.kill(f"worker-{number}")
    began = time.monotonic()
    ids = {_send(site, number) for number in range(5)}
    site.wait_until(lambda: _unfinished(site) == 0, 90)
    print(f"{len(ids)} sent to no worker and no Redis: read after {time.monotonic() - began:.1f} s")
    assert _counts(site, ids)[0] == len(ids) == 5


@pytest.mark.long  # 13 s; in CI `make chaos` counts unsent mail
def test_mail_queued_while_redis_is_down_is_delivered_once(site_without_redis, mails):
    """The last test of this site: its Redis returns."""
    site = site_without_redis
    began = time.monotonic()
    _request_password_reset(site, "first@example.org")
    site.wait_until(lambda: bool(_delivered(mails, "first@example.org")), 30)
    print(f"mail queued with Redis down was delivered after {time.monotonic() - began:.1f} s")
    site.service("redis").restarts = True
    _request_password_reset(site, "second@example.org")
    site.wait_until(lambda: bool(_delivered(mails, "second@example.org")), 30)
    left = "SELECT count(*) FROM post_office_email WHERE status IS DISTINCT FROM 0"
    site.wait_until(lambda: site.query(left) == [(0,)], 10)
    assert [len(_delivered(mails, f"{name}@example.org")) for name in ("first", "second")] == [1, 1]


@pytest.mark.long  # 15 s; in CI `make chaos` takes both servers away under load
@pytest.mark.parametrize("server", ["redis", "postgres"])
def test_workers_are_woken_again_after_a_server_returns(site_that_rarely_polls, server):
    site = site_that_rarely_polls
    site.kill(server)
    began = time.monotonic()

    def is_woken() -> bool:
        answer = site.request("POST", URL, json=golden_drawing(3, seed=3), headers={"Prefer": "wait=2"})
        return answer.status_code == 201

    site.wait_until(is_woken, 60)
    print(f"{server} killed and started again: a worker was woken after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 25  # sooner than any poll
    site.wait_until(lambda: is_woken() and _unfinished(site) == 0, 90)
