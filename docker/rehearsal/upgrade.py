"""docker/upgrade.sh to a next version with a migration, and back, while drawings are sent all the time."""

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
    """Looks at the containers all the time: which images ran, and how long two of them served beside each other."""

    def __init__(self) -> None:
        self.images = dict[str, str]()  # by a container's name for itself, and by its addresses
        self.beside_s = Counter[str]()  # by service
        self._done, self._thread = threading.Event(), threading.Thread(target=self._look_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _look_on(self) -> None:
        looked_at = time.monotonic()
        while not self._done.wait(0.1):
            try:
                found = inspect(*ids(*IMAGES))
            except RuntimeError:  # one ended between the two questions
                continue
            healthy = {name: set[str]() for name in IMAGES}
            for container in found:
                for name in (container["Config"]["Hostname"], *filter(None, addresses_of(container))):
                    self.images[name] = container["Image"]
                if container["State"].get("Health", {}).get("Status") == "healthy":
                    healthy[service_of(container)].add(container["Image"])
            before, looked_at = looked_at, time.monotonic()
            self.beside_s.update({name: looked_at - before for name in IMAGES if len(healthy[name]) > 1})


def upgrade_and_back(stage: Stage) -> None:
    """Tell of both ways."""
    before = _images()
    with _next_version(stage.folder) as migration:
        _go(stage, "upgrade with a migration", BUILD="no")
        [[applied]] = sql(f"SELECT count(*) FROM django_migrations WHERE name = '{migration}'")  # noqa: S608
        [[filled]] = sql("SELECT count(*) FROM predictions_submission WHERE rehearsed = 7")
        stage.tell("the migration", f"applied; {filled} rows have its column", applied == "1" and int(filled) > 0)
        _go(stage, "`upgrade.sh --back`", "--back")
        stage.tell("after `--back`", "the images that ran before", _images() == before)


@contextmanager
def _next_version(folder: Path) -> Iterator[str]:
    """Call images with one more migration :current, and give its name; afterwards all is called as it was."""
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


def _go(stage: Stage, what: str, *arguments: str, **env: str) -> None:
    """Tell of one way: how requests and drawings fared, and by which images they were answered and read."""
    old = _images()
    with stage.load(what) as load, Watch() as watch:
        time.sleep(3)
        began_at, began = time.time(), time.monotonic()
        run("docker/upgrade.sh", *arguments, env=env)
        seconds = time.monotonic() - began
        time.sleep(3)
    answered, read = Counter[bool](), Counter[bool]()
    for line in compose("logs", "--no-log-prefix", "--since", str(int(began_at)), "proxy").splitlines():
        address = line.rpartition(", ")[2].rpartition(":")[0]
        if address in watch.images:
            answered[watch.images[address] in old] += 1
    for [worker, count] in sql(
        "SELECT split_part(worker, '-', 1), count(*) FROM predictions_prediction"  # noqa: S608 - a number of ours
        f" WHERE finished_at > to_timestamp({began_at}) GROUP BY 1"
    ):
        read[watch.images.get(worker) in old] += int(count)
    beside = watch.beside_s
    found = (
        f"{seconds:.0f} s; old and new beside each other: web {beside['web']:.1f} s, workers {beside['worker']:.1f} s;"
        f" old and new web answered {answered[True]} and {answered[False]}, workers read {read[True]} and {read[False]}"
    )
    both = beside["web"] > 0 and beside["worker"] > 0 and all(answered[way] for way in (True, False))
    stage.tell_load(what, found, load, both)
