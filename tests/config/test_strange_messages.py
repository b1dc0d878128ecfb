"""What somebody puts into the queue who is not one of us: refused, and the worker goes on, over TLS too."""

import contextlib
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import redis
from celery import Celery
from kombu import Connection, Exchange, Queue
from kombu.serialization import enable_insecure_serializers

from config.redis_urls import tls_options
from tests.bad_networks import MARK, _Runs
from tests.certificates import Authority
from tests.site import open_site
from tests.tls_relay import TlsRelay

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(300)]  # a site of its own: 30 s
QUEUE = Queue("interactive", Exchange("interactive"), routing_key="interactive")
HEADERS = {"lang": "py", "task": "predictions.tasks.sweep", "id": "1"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Start a site whose processes reach Redis by TLS alone."""
    folder = tmp_path_factory.mktemp("tls")
    authority, relays = Authority(folder), []

    def use_tls(site):
        at = urlsplit(site.env["REDIS_URL"])
        relays.append(TlsRelay(unquote(at.path), authority.server()))
        encrypted = {
            "REDIS_URL": f"rediss://:{at.password}@127.0.0.1:{relays[0].port}/0",
            "REDIS_CA_FILE": str(authority.path),
        }
        site.services = [service for service in site.services if service.name != "beat"]
        for service in site.services:
            service.env = service.env | encrypted
        site.tls = encrypted

    with open_site(workers=1, change=use_tls, WORKER_NAME="strange") as site:
        yield site
    relays[0].close()


def _publish(site, body, serializer):
    """Put a message into the queue as somebody with the password of Redis can."""
    enable_insecure_serializers(["pickle", "yaml"])
    options = tls_options(site.tls["REDIS_URL"], site.tls["REDIS_CA_FILE"])
    with Connection(site.tls["REDIS_URL"], ssl=options) as connection:
        connection.Producer(serializer=serializer).publish(
            body, exchange=QUEUE.exchange, routing_key="interactive", declare=[QUEUE], headers=HEADERS
        )


def _waiting(site):
    with redis.Redis.from_url(site.env["REDIS_URL"]) as client:
        return client.llen("interactive")


def _is_read(site):
    drawing = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
    answer = site.request("POST", "/api/v1/submissions/", json=drawing, headers={"Prefer": "wait=10"})
    return answer.status_code == 201


BODIES = {
    "pickle": lambda: [[_Runs()], {}, {}],
    "yaml": lambda: [["!!python/object/apply:os.system [touch x]"], {}, {}],
    "json": lambda: [["not", "the"], {"right": "arguments"}, {}],
}

REFUSALS = {
    "pickle": "ContentDisallowed: Refusing to deserialize untrusted content of type pickle",
    "yaml": "ContentDisallowed: Refusing to deserialize untrusted content of type yaml",
    "json": "TypeError",
}


@pytest.mark.parametrize("serializer", BODIES)
def test_a_strange_message_is_taken_away_and_the_worker_goes_on(site, serializer):
    worker = site.service("worker-1")
    before = worker.process.pid
    _publish(site, BODIES[serializer](), serializer)
    site.wait_until(lambda: _waiting(site) == 0, 30)
    assert _is_read(site)
    assert (worker.process.pid, worker.deaths) == (before, 0)
    assert not list(Path.cwd().rglob(MARK)) and not Path("/", MARK).exists()
    log = site.supervisor.tail("worker-1", lines=60)
    assert REFUSALS[serializer] in log, log


def test_a_worker_takes_no_orders_from_the_queue(site):
    worker = site.service("worker-1")
    before = worker.process.pid
    app = Celery("strange", broker=site.tls["REDIS_URL"], set_as_current=False)
    app.conf.broker_use_ssl = tls_options(site.tls["REDIS_URL"], site.tls["REDIS_CA_FILE"])
    assert not app.control.ping(timeout=3)
    app.control.shutdown()
    with contextlib.suppress(AssertionError):
        site.wait_until(lambda: worker.process.pid != before, 3)
    assert (worker.process.pid, worker.deaths) == (before, 0)
    assert _is_read(site)


def test_tasks_are_sent_and_taken_by_tls(site):
    [[before]] = site.query("SELECT count(*) FROM predictions_submission WHERE status = 'succeeded'")
    code = "from predictions.tasks import send_golden; print(send_golden.delay())"
    former = dict(site.env)
    site.env.update(site.tls)
    try:
        site.manage("shell", "--no-imports", "-c", code)
    finally:
        site.env.clear()
        site.env.update(former)
    read = "SELECT count(*) FROM predictions_submission WHERE status = 'succeeded'"
    site.wait_until(lambda: site.query(read)[0][0] > before, 30)
    with redis.Redis.from_url(site.env["REDIS_URL"]) as client:
        kept = [key for key in client.keys("*") if client.type(key) == b"list"]
        messages = [json.loads(one) for key in kept for one in client.lrange(key, 0, -1)]
    assert all(one["content-type"] == "application/json" for one in messages)
