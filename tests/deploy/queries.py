"""The queries of deploy/monitoring: of alerts, recording rules and the dashboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).resolve().parents[2] / "deploy/monitoring"
CONTENT: dict[str, Any] = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in CONTENT["groups"] for rule in group["rules"] if "alert" in rule
}
RECORDED: dict[str, str] = {
    rule["record"]: rule["expr"] for group in CONTENT["groups"] for rule in group["rules"] if "record" in rule
}
NAME = re.compile(r"\b(?:inkling_[a-z_]+|process_[a-z_]+|up\b)")
COMPARISON = re.compile(r"\s*(?:[<>]=?|[!=]=)\s*(?:[\d.]+(?:\s*\*\s*[\d.]+)?)(?=\s|$)")


def panel_queries() -> Iterator[tuple[str, str]]:
    """Yield the title of each panel of the dashboard with each of its queries."""
    dashboard = json.loads((MONITORING / "grafana/inkling.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def all_queries() -> Iterator[tuple[str, str]]:
    """Yield each query with what it is for."""
    yield from panel_queries()
    yield from RECORDED.items()
    for name, rule in ALERTS.items():
        yield name, rule["expr"]


def metric_names(query: str) -> set[str]:
    """Return the metrics that a query asks for."""
    return set(NAME.findall(re.sub(r'"[^"]*"', '""', query)))


def without_comparisons(query: str) -> str:
    """Return the query of an alert without its comparisons with numbers, so that it has data while all is well."""
    return COMPARISON.sub("", query)
