"""Traces of OpenTelemetry: off by default, and with a collector one trace has the request and its reading.

The collector is a small HTTP server that decodes what OpenTelemetry's exporter really sends.
"""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.test import RequestFactory
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from structlog.contextvars import bound_contextvars

from config.logs import traces
from config.logs.trace_ids import RequestIds
from tests.factories import SEVEN
from tests.site import open_site

ID = "5f0c9d0e1234400080000000000000ab"
STAGES = ["claim", "prepare", "network", "record"]


class Span(NamedTuple):
    """A span as the collector got it."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begin_ns: int
    end_ns: int
    attributes: dict[str, str]


class Collector(ThreadingHTTPServer):
    """Keeps the spans it is sent; answers nothing while `hangs` is clear."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Take)
        self.spans: list[Span] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def wait_for(self, trace, count):
        """Return the spans of a trace once there are `count`."""
        deadline = time.monotonic() + 30
        while True:
            found = [span for span in self.spans if span.trace == trace]
            if len(found) >= count or time.monotonic() > deadline:
                return found
            time.sleep(0.1)


class _Take(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.may_answer.wait(60)
        self.server.spans += _decode(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def _decode(body):
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        [service] = [pair.value.string_value for pair in group.resource.attributes if pair.key == "service.name"]
        for span in (span for scope in group.scope_spans for span in scope.spans):
            attributes = {pair.key: pair.value.string_value for pair in span.attributes}
            ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
            yield Span(service, span.name, *ids, span.start_time_unix_nano, span.end_time_unix_nano, attributes)


@contextlib.contextmanager
def _open_collector():
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.may_answer.set()
        collector.shutdown()
        collector.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def traced():
    """Start a site that sends traces, with one worker; yield it and the collector."""
    with _open_collector() as collector:
        url = f"http://127.0.0.1:{collector.server_address[1]}/v1/traces"
        with open_site(TRACES_URL=url) as site:
            yield site, collector


def _send(site):
    answer = site.request("POST", "/api/v1/submissions/", json=SEVEN, headers={"Prefer": "wait=10"})
    assert answer.status_code == 201, answer.text
    return answer


@pytest.mark.long  # a site of its own: 15 s
@pytest.mark.worker
def test_one_trace_has_the_request_and_its_reading(traced):
    site, collector = traced
    answer = _send(site)
    spans = collector.wait_for(answer.headers["X-Request-ID"], 6)
    for span in sorted(spans, key=lambda span: span.begin_ns):
        print(json.dumps(span._asdict()))
    [web] = [span for span in spans if span.service == "inkling-web"]
    [read] = [span for span in spans if span.name == "read"]
    below = sorted((span for span in spans if span.parent == read.id), key=lambda span: span.begin_ns)
    assert (web.name, web.parent) == ("POST /api/v1/submissions/", "")
    assert (read.service, read.parent) == ("inkling-worker", web.id)
    assert read.attributes["inkling.submission"] == answer.json()["id"]
    assert [span.name for span in below] == STAGES and len(spans) == 6
    assert web.begin_ns < read.begin_ns <= below[0].begin_ns < web.end_ns and below[-1].end_ns <= read.end_ns
    assert all(span.begin_ns <= span.end_ns for span in spans)


@pytest.mark.long  # shares the site
@pytest.mark.worker
def test_pages_have_the_pattern_of_their_address_alone(traced):
    site, collector = traced
    answer = site.request("GET", "/accounts/password/reset/key/3-d1xabc-8ab3c2/")
    [span] = collector.wait_for(answer.headers["X-Request-ID"], 1)
    assert "8ab3c2" not in json.dumps(span._asdict())
    assert span.name.startswith("GET /accounts/")


@pytest.mark.long  # shares the site
@pytest.mark.worker
def test_a_collector_that_hangs_or_is_gone_costs_spans_and_no_request(traced):
    site, collector = traced
    collector.may_answer.clear()
    hanging = [_send(site) for _ in range(5)]
    collector.may_answer.set()
    collector.shutdown()
    collector.server_close()
    gone = [_send(site) for _ in range(5)]
    assert {answer.json()["result"]["text"] for answer in hanging + gone} == {"7"}
    for name in ("web", "worker-1"):
        log = site.supervisor.log_of(name).read_text()
        assert "Traceback" not in log


def test_without_an_address_nothing_is_traced(settings):
    assert settings.TRACES_URL == ""
    with pytest.raises(MiddlewareNotUsed):
        traces.trace_requests(lambda request: None)
    traces.start("web")
    assert traces._provider is None


def test_a_request_gives_its_ids_to_the_first_span_and_no_other():
    ids = RequestIds()
    with bound_contextvars(request_id=ID):
        assert ids.generate_trace_id() == int(ID, 16)
        assert ids.generate_span_id() == int(ID[16:], 16)
        assert ids.generate_span_id() != int(ID[16:], 16)
    assert ids.generate_trace_id() != int(ID, 16)


@pytest.mark.parametrize(
    ("path", "route"), [("/api/v1/submissions/", "/api/v1/submissions/"), ("/nothing/at/all", "/"), ("/", "/")]
)
def test_an_address_is_named_by_its_pattern(path, route):
    assert traces._route_of(RequestFactory().get(path)) == route
