"""Upgrade to a version with a migration and back with docker/upgrade.sh, under load."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from docker.rehearsal.compose import addresses_of, compose, ids, inspect, run, service_of, sql
from docker.rehearsal.stage import Stage

IMAGES = ("web", "worker")
DOCKERFILE = """
ARG IMAGE
FROM ${IMAGE}
ENV CODE_VERSION=rehearsed
COPY --chmod=444 next.py predictions/migrations/%s.py
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "%s")]
    operations = [migrations.AddField("submission", "rehearsed", models.IntegerField(db_default=7))]
"""


class Watch:
    """Record which images ran, and how long old and new served together."""

    def __init__(self) -> None:
        self.images = dict[str, str]()  # by a container's host name and its IP addresses
        self.together_s = Counter[str]()  # by service
        self._done, self._thread = threading.Event(), threading.Thread(target=self._poll)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _poll(self) -> None:
        polled_at = time.monotonic()
        while not self._done.wait(0.1):
            try:
                found = inspect(*ids(*IMAGES))
            except RuntimeError:  # a container ended between the two calls
                continue
            healthy = {name: set[str]() for name in IMAGES}
            for container in found:
                for name in (container["Config"]["Hostname"], *filter(None, addresses_of(container))):
                    self.images[name] = container["Image"]
                if container["State"].get("Health", {}).get("Status") == "healthy":
                    healthy[service_of(container)].add(container["Image"])
            before, polled_at = polled_at, time.monotonic()
            self.together_s.update({name: polled_at - before for name in IMAGES if len(healthy[name]) > 1})


def upgrade_and_back(stage: Stage) -> None:
    """Upgrade, go back, and report both."""
    before = _images()
    with _next_version(stage.folder) as migration:
        _run_upgrade(stage, "upgrade with a migration", BUILD="no")
        [[applied]] = sql(f"SELECT count(*) FROM django_migrations WHERE name = '{migration}'")  # noqa: S608
        [[filled]] = sql("SELECT count(*) FROM predictions_submission WHERE rehearsed = 7")
        stage.report("the migration", f"applied; {filled} rows have its column", applied == "1" and int(filled) > 0)
        _run_upgrade(stage, "`upgrade.sh --back`", "--back")
        stage.report("after `--back`", "the images that ran before", _images() == before)


@contextmanager
def _next_version(folder: Path) -> Iterator[str]:
    """Tag images with one more migration as :current and yield its name; restore the tags afterwards."""
    last = sorted(Path("predictions/migrations").glob("[0-9]*.py"))[-1].stem
    name = f"{int(last[:4]) + 1:04}_rehearsed"
    (folder / "next.py").write_text(MIGRATION % last, encoding="utf-8")
    (folder / "Dockerfile").write_text(DOCKERFILE % name, encoding="utf-8")
    for image in IMAGES:
        current = f"inkling-{image}:current"
        run("docker", "tag", current, f"inkling-{image}:rehearsed")
        run("docker", "build", "--quiet", "--build-arg", f"IMAGE={current}", "--tag", current, str(folder))
    try:
        yield name
        for image in IMAGES:
            run("docker", "rmi", f"inkling-{image}:previous")
    finally:
        for image in IMAGES:
            run("docker", "tag", f"inkling-{image}:rehearsed", f"inkling-{image}:current")
            run("docker", "rmi", f"inkling-{image}:rehearsed")


def _images() -> set[str]:
    """Return the images that run now."""
    return {container["Image"] for container in inspect(*ids(*IMAGES))}


def _run_upgrade(stage: Stage, what: str, *arguments: str, **env: str) -> None:
    """Run the script under load; report failures, and which images answered requests and read drawings."""
    old = _images()
    with stage.load(what) as load, Watch() as watch:
        time.sleep(3)
        began_at, began = time.time(), time.monotonic()
        run("docker/upgrade.sh", *arguments, env=env)
        seconds = time.monotonic() - began
        time.sleep(3)
    answered, read = Counter[bool](), Counter[bool]()
    for line in compose("logs", "--no-log-prefix", "--since", str(int(began_at)), "proxy").splitlines():
        upstream = json.loads(line)["upstream"] if line.startswith("{") else ""  # errors of nginx are plain
        address = upstream.rpartition(", ")[2].rpartition(":")[0]
        if address in watch.images:
            answered[watch.images[address] in old] += 1
    for [worker, count] in sql(
        "SELECT split_part(worker, '-', 1), count(*) FROM predictions_prediction"  # noqa: S608 - a number of ours
        f" WHERE finished_at > to_timestamp({began_at}) GROUP BY 1"
    ):
        read[watch.images.get(worker) in old] += int(count)
    together = watch.together_s
    found = (
        f"{seconds:.0f} s; old and new together: web {together['web']:.1f} s, workers {together['worker']:.1f} s;"
        f" old and new web answered {answered[True]} and {answered[False]}, workers read {read[True]} and {read[False]}"
    )
    both = together["web"] > 0 and together["worker"] > 0 and all(answered[way] for way in (True, False))
    stage.report_load(what, found, load, both)
