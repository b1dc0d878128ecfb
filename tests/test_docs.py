"""The pages of docs/ lead to one another, name every alert, and say of capacity what the benchmark measured."""

import json
import math
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
UTILIZATION = 0.7  # what the capacity table leaves free


@cache
def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in _anchors(target))):
            broken.append(link)
    assert broken == []


def _alerts():
    rules = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]


def test_every_alert_has_a_section_that_its_runbook_leads_to():
    chapter = OPERATIONS.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert re.findall(r"^### (\w+)$", chapter, re.M) == [alert["alert"] for alert in _alerts()]
    for alert in _alerts():
        assert alert["annotations"]["runbook_url"] == f"docs/operations.md#{alert['alert'].lower()}"


def test_the_page_names_only_metrics_that_an_alert_or_a_rule_uses():
    rules = (ROOT / "deploy/monitoring/alerts.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\binkling[:_][a-z_:]+\w", OPERATIONS))
    assert named and {name for name in named if name not in rules} == set()


def test_the_capacity_table_is_what_the_benchmark_measured():
    measured = json.loads((ROOT / "bench/results.json").read_text(encoding="utf-8"))["Inkling"]
    chapter = OPERATIONS.split("\n## Capacity\n")[1].split("\n## ")[0]
    said = re.findall(r"([\d.]+) ms of a worker, ([\d.]+) of web and ([\d.]+) of Postgres", chapter.replace("\n", " "))
    assert said == [tuple(f"{measured[part]:.2f}" for part in ("worker", "web", "postgres"))]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", chapter, re.M)
    assert len(rows) > 3
    for rate, workers, web, postgres in rows:
        cores = {part: int(rate) * ms / 1000 / UTILIZATION for part, ms in measured.items()}
        assert int(workers) == math.ceil(cores["worker"])
        assert (web, postgres) == (f"{cores['web']:.2f}", f"{cores['postgres']:.2f}")
