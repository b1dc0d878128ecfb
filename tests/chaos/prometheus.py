"""Debian's Prometheus, asking a site with the rules of deploy/monitoring, in which minutes are made seconds."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.deploy.queries import MONITORING
from tests.site import Site, free_port

SCRAPE_S = 3  # longer than a scrape may wait for the rows
WINDOWS = {"5m": "15s", "10m": "18s", "15m": "18s", "30m": "18s", "1h": "24s", "6h": "36s"}
MISSING = "This test needs Prometheus: apt-get install prometheus (its service may stay off)."


def find(name: str) -> str:
    """Return the path of a program of Prometheus. Fails with how to install it."""
    path = shutil.which(name)
    assert path, MISSING
    return path


def quick_alerts() -> dict[str, Any]:
    """Return the rules of deploy/monitoring with windows of seconds, which fire as soon as they hold."""
    rules: dict[str, Any] = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\w+)\]", lambda found: f"[{WINDOWS[found[1]]}]", rule["expr"])
            if "for" in rule:
                rule["for"] = "1s"
    return rules


def quick_config(site: Site, folder: Path) -> dict[str, Any]:
    """Return the configuration of deploy/monitoring with the addresses of a site instead of containers."""
    config: dict[str, Any] = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {
        "scrape_interval": f"{SCRAPE_S}s",
        "scrape_timeout": f"{SCRAPE_S}s",
        "evaluation_interval": "1s",
    }
    workers = sorted(service.env["METRICS_PORT"] for service in site.services if service.name.startswith("worker-"))
    ports = {"inkling-web": [site.url.rpartition(":")[2]], "inkling-worker": workers}
    (folder / "token").write_text(site.env["STATUS_TOKEN"])
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports[job["job_name"]]]}]
        if "authorization" in job:
            job["authorization"]["credentials_file"] = str(folder / "token")
    return config


class Prometheus:
    """A running Prometheus, to be asked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **values: str) -> Any:
        """Return what the API answers."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=values, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, query: str) -> list[Any]:
        """Return the series that a query has now."""
        found: list[Any] = self.ask("query", query=query)["result"]
        return found

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        return {one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"}


@contextlib.contextmanager
def open_prometheus(site: Site, folder: Path) -> Iterator[Prometheus]:
    """Run Prometheus in a folder and yield it."""
    (folder / "alerts.yml").write_text(yaml.safe_dump(quick_alerts()))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(quick_config(site, folder)))
    port = free_port()
    command = [
        find("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
    ]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield Prometheus(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(20)
