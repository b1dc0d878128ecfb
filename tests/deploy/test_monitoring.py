"""Rules, dashboard and scraping fit what the service tells. tests/chaos/test_monitoring.py runs Prometheus itself."""

import json
import re
from pathlib import Path

import pytest
import requests
import yaml

from tests.deploy.queries import ALERTS, MONITORING, RECORDED, all_queries, metric_names, panel_queries

ROOT = MONITORING.parents[1]
OPERATIONS = ROOT / "docs/operations.md"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
OF_EVERY_TARGET = {"up"}


@pytest.fixture
def told(service):
    """Return the text that a web process and a worker tell."""
    bearer = {"Authorization": f"Bearer {service.env['STATUS_TOKEN']}"}
    web = requests.get(f"{service.url}/metrics", headers=bearer, timeout=10).text
    return web + requests.get(f"http://127.0.0.1:{service.env['METRICS_PORT']}/metrics", timeout=10).text


@pytest.mark.worker
def test_every_metric_that_is_asked_for_is_told(told):
    names = set(re.findall(r"^(\w+)[{ ]", told, re.M)) | OF_EVERY_TARGET
    asked = {name: what for what, query in all_queries() for name in metric_names(query)}
    assert {name: what for name, what in asked.items() if name not in names} == {}
    assert len(asked) > 30


@pytest.mark.worker
def test_the_page_lists_exactly_the_metrics_that_are_told(told):
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    listed = {
        name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`(inkling_\w+)`", line)
    }
    families = set(re.findall(r"^# TYPE (inkling_\w+)", told, re.M))
    assert listed == families


def test_every_recorded_series_that_is_asked_for_is_recorded():
    asked = {name for _, query in all_queries() for name in re.findall(r"\binkling:[\w:]+", query)}
    assert asked == set(RECORDED)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_happened_and_where_to_look(name):
    rule = ALERTS[name]
    notes = rule["annotations"]
    assert notes.keys() == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"] == f"docs/operations.md#{name.lower()}"
    assert notes["summary"][0].isupper() and not notes["summary"].endswith(".")
    assert notes["description"].endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert re.fullmatch(r"\d+[sm]", rule["for"])


def test_each_alert_has_a_section_and_each_section_an_alert():
    page = OPERATIONS.read_text(encoding="utf-8")
    sections = set(re.findall(r"^### ([A-Z]\w+)$", page, re.M))
    assert set(ALERTS) <= sections


def test_each_alert_is_tried_by_promtool():
    tried = yaml.safe_load((MONITORING / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    named = [case["alertname"] for test in tried for case in test.get("alert_rule_test", ())]
    firing = {case["alertname"] for test in tried for case in test.get("alert_rule_test", ()) if case.get("exp_alerts")}
    silent = set(named) - firing
    assert firing == set(ALERTS), silent


def test_prometheus_asks_where_compose_lets_it():
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert jobs.keys() == {"inkling-web", "inkling-worker"}
    ports = {
        (name, found["port"]) for job in jobs.values() for found in job["dns_sd_configs"] for name in found["names"]
    }
    of_worker = int(COMPOSE["worker"]["environment"]["METRICS_PORT"])
    assert ports == {("web", 8000), ("worker", of_worker), ("worker-gpu", of_worker)}
    token = Path(jobs["inkling-web"]["authorization"]["credentials_file"])
    assert token.name in COMPOSE["prometheus"]["secrets"] and token.parent == Path("/run/secrets")


def test_the_dashboard_is_whole():
    dashboard = json.loads((MONITORING / "grafana/inkling.json").read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(list(panel_queries())) > 30
    sources = {
        source["uid"] for source in yaml.safe_load((MONITORING / "grafana/datasources.yml").read_text())["datasources"]
    }
    assert {panel["datasource"]["uid"] for panel in panels if "datasource" in panel} == sources
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24
    mounted = [volume.split(":")[0] for name in ("prometheus", "grafana") for volume in COMPOSE[name]["volumes"]]
    assert all((ROOT / path).is_file() for path in mounted if path.startswith("./"))
