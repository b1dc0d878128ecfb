"""A real site with two web processes and a worker tells Prometheus the truth, and nothing of anybody."""

import re
import time
import uuid

import pytest
import requests
from django.urls import get_resolver

from config.request_metrics import METHODS
from ml.golden import golden_drawing
from tests.predictions.monitoring.reading import label_values, parse, total

pytestmark = [pytest.mark.worker]
URL = "/api/v1/submissions/"


def _web(site, sent=None):
    token = site.env["STATUS_TOKEN"] if sent is None else sent
    return requests.get(f"{site.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def _worker(site):
    return parse(requests.get(f"http://127.0.0.1:{site.env['METRICS_PORT']}/metrics", timeout=10).text)


@pytest.mark.long  # a site of two web processes and a worker: 20 s
def test_requests_of_all_processes_are_counted_and_readings_by_stage(service):
    before, before_reading = parse(_web(service).text), _worker(service)
    ids = []
    for number in range(20):  # a new connection each, so both processes take some
        sent = service.request("POST", URL, json=golden_drawing(number % 10, seed=1), headers={"Prefer": "wait=10"})
        assert sent.status_code == 201
        ids.append(sent.json()["id"])
        service.request("GET", f"{URL}{ids[-1]}/")
    time.sleep(1.1)  # rows are read once a second
    told, reading = parse(_web(service).text), _worker(service)

    def grown(name, now=told, then=before, **labels):
        return total(now, name, **labels) - (total(then, name, **labels) if any(key == name for key, _ in then) else 0)

    counted = "inkling_http_request_seconds_count"
    assert total(told, counted, route="api-submissions", method="POST", status="2xx") >= 20
    assert total(told, counted, route="api-submission", method="GET", status="2xx") >= 20
    for stage in ("waiting", "reading", "recording"):
        labels = {"stage": stage, "lane": "interactive"}
        assert grown("inkling_stage_seconds_count", reading, before_reading, **labels) >= 20
    assert total(told, "inkling_stage_seconds_count", stage="delivering") >= 1
    assert grown("inkling_reading_seconds_count", reading, before_reading, lane="interactive") >= 20
    assert grown("inkling_readings_total", reading, before_reading, lane="interactive") >= 20
    assert total(reading, "inkling_batch_drawings_count", lane="interactive") >= 1
    assert total(told, "inkling_workers_alive") == 1
    assert total(told, "inkling_database_up") == 1
    assert total(told, "inkling_pool_limit") == 16  # of two processes


def test_nothing_that_people_send_becomes_a_label(service):
    secret = uuid.uuid4().hex
    for path in (f"/{secret}", f"/history/{uuid.uuid4()}/", f"/static/{secret}.js", f"{URL}{uuid.uuid4()}/?x={secret}"):
        service.request("GET", path)
    service.request(secret.upper()[:12], URL)
    service.request("POST", f"/accounts/{secret}/", data={"name": secret})
    told = parse(_web(service).text)
    values = label_values(told) | label_values(_worker(service))
    assert not [value for value in values if secret[:8] in value.lower() or "alice" in value]
    assert not [value for value in values if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", value)]
    given = [dict(labels) for name, labels in told if name == "inkling_http_request_seconds_count"]
    assert {labels["method"] for labels in given} <= METHODS | {"other"}
    assert {labels["status"] for labels in given} <= {"2xx", "3xx", "4xx", "5xx"}
    routes = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {labels["route"] for labels in given} <= routes | {"health", "static", "none", "admin"}


@pytest.mark.parametrize("token", ["", "wrong", "only for test"])
def test_metrics_are_refused_without_the_token(service, token):
    answer = _web(service, token)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "inkling_" not in answer.text


@pytest.mark.django_db
def test_metrics_are_missing_while_there_is_no_token(client, settings):
    settings.STATUS_TOKEN = ""
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404
    assert "STATUS_TOKEN" in answer.content.decode()
