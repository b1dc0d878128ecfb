"""A fault for each alert of deploy/monitoring: how it is planted and healed, and which alerts it makes fire."""

import contextlib
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from predictions.monitoring import reviewed
from tests.site import Site
from tests.twin import NAME, write_twin

LATE = {"ReadingsLateFast", "ReadingsLateSlowly"}
REFUSED = {"SubmissionsRefusedFast", "SubmissionsRefusedSlowly"}
GOLDEN = "UPDATE predictions_submission SET {} WHERE guest_key = 'golden' AND status = 'succeeded'"
QUEUED = "UPDATE predictions_submission SET {} WHERE status = 'queued' AND lane = '{}'"
REVIEWED = "UPDATE predictions_submission SET label = {} WHERE label_by = 'desk'"
GO_LIVE = """
    UPDATE predictions_modelversion SET is_live = false;
    UPDATE predictions_modelversion SET is_live = true WHERE {}
"""  # in one transaction: a drawing that is claimed while no version is live fails
MAIL = "from django.core.mail import send_mail; send_mail('hello', 'words', None, ['somebody@example.org'])"


@dataclass(frozen=True)
class Fault:
    """What is broken.

    plant: a context manager that breaks it and heals it.
    fires: the alerts that must fire while it lasts, and after: once it is healed. Later all must be silent again.
    may: further ones that may fire.
    """

    name: str
    plant: Callable[[Site], contextlib.AbstractContextManager[object]]
    fires: set[str]
    after: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)


@contextlib.contextmanager
def _stopped(site: Site, *names: str) -> Iterator[None]:
    for name in names:
        site.kill(name, signal.SIGSTOP)
    try:
        yield
    finally:
        for name in names:
            site.kill(name, signal.SIGCONT)


def stop_workers(site: Site) -> contextlib.AbstractContextManager[None]:
    """Let no worker do anything."""
    return _stopped(site, "worker-1", "worker-2")


@contextlib.contextmanager
def _killed(site: Site, name: str) -> Iterator[None]:
    """End a server; the test tends the children once this is over, which starts it again."""
    site.kill(name)
    yield


@contextlib.contextmanager
def _changed(site: Site, sql: str, back: str) -> Iterator[None]:
    site.execute(sql)
    try:
        yield
    finally:
        site.execute(back)


@contextlib.contextmanager
def promote_a_broken_model(site: Site) -> Iterator[None]:
    """Let a version go live whose bytes somebody changed in the database."""
    with tempfile.TemporaryDirectory() as folder:
        site.manage("register_model", str(write_twin(Path(folder))))
    [[live]] = site.query("SELECT id FROM predictions_modelversion WHERE is_live")
    site.execute("UPDATE predictions_modelartifact SET data = 'evil' WHERE version_id <> %s", live)
    site.execute(GO_LIVE.format(f"name = '{NAME}'"))
    try:
        yield
    finally:
        site.execute(GO_LIVE.format(f"id = {live}"))


@contextlib.contextmanager
def disagree(site: Site) -> Iterator[None]:
    """Let reviewers say that all they reviewed was read wrong."""
    with _changed(site, REVIEWED.format("'99'"), REVIEWED.format("text")):
        yield
    time.sleep(reviewed.CACHED_S)  # until both web processes have counted again


def hold_up_mail(site: Site) -> contextlib.AbstractContextManager[None]:
    """Stop the delivery worker while a mail is due for ten minutes."""
    stopped = _stopped(site, "delivery")
    site.kill("delivery", signal.SIGSTOP)
    site.manage("shell", "--no-imports", "-c", MAIL)
    site.execute("UPDATE post_office_email SET created = now() - interval '10 minutes'")
    return stopped


@contextlib.contextmanager
def lock_the_mail(site: Site) -> Iterator[None]:
    """Lock a table that a scrape reads, and no drawing needs."""
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        database.execute("LOCK TABLE post_office_email IN ACCESS EXCLUSIVE MODE")
        yield


@contextlib.contextmanager
def take_connections(site: Site) -> Iterator[None]:
    """Take connections until nine of ten are gone."""
    [[limit]] = site.query("SELECT current_setting('max_connections')::int")
    held = []
    try:
        while (
            site.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]
            < limit * 0.9
        ):
            held += [psycopg.connect(site.env["DATABASE_URL"]) for _ in range(10)]
        yield
    finally:
        for one in held:
            one.close()


@contextlib.contextmanager
def _paused(site: Site, lane: str, change: str) -> Iterator[None]:
    """Pause a lane and change the rows that then wait in it."""
    site.execute("INSERT INTO predictions_pausedlane (lane) VALUES (%s)", lane)
    waiting = "SELECT count(*) FROM predictions_submission WHERE status = 'queued' AND lane = %s"
    site.wait_until(lambda: site.query(waiting, lane)[0][0] >= 3, 30)
    site.execute(QUEUED.format(change, lane))
    try:
        yield
    finally:
        site.execute("DELETE FROM predictions_pausedlane")


FAULTS = [
    Fault("mail that nobody sends", hold_up_mail, {"MailWaiting"}),
    Fault("most connections taken", take_connections, {"DatabaseConnectionsHigh"}),
    Fault(
        "no known digit for ten minutes",
        lambda site: _changed(
            site,
            GOLDEN.format("finished_at = finished_at - interval '10 minutes'"),
            GOLDEN.format("finished_at = finished_at + interval '10 minutes'"),
        ),
        {"GoldenDigitMissing"},
    ),
    Fault(
        "a known digit read as another",
        lambda site: _changed(site, GOLDEN.format("text = '1'"), GOLDEN.format("text = '7'")),
        {"GoldenDigitWrong"},
    ),
    Fault(
        "a live model for older code",
        lambda site: _changed(
            site,
            "UPDATE predictions_modelversion SET preprocessing = 'ink-0' WHERE is_live",
            "UPDATE predictions_modelversion SET preprocessing = 'ink-4' WHERE is_live",
        ),
        {"ModelOutdated"},
        may=LATE,
    ),
    Fault("a live model that was changed", promote_a_broken_model, {"ModelRefused"}, may=LATE),
    Fault("readings that reviewers call wrong", disagree, {"AgreementLow"}),
    Fault("a table that is locked", lock_the_mail, {"MetricsIncomplete", "DatabaseDown"}, may={"MailWaiting"}),
    Fault("Redis away", lambda site: _killed(site, "redis"), {"WakeUpsFailing"}, may=LATE),
    Fault(
        "single drawings paused, their attempts used up",
        lambda site: _paused(site, "interactive", "attempts = 3"),
        {"ReadingPaused", "InteractiveQueueOld"},
        {"ReadingsFailing", *LATE},
        may={"QueueNearlyFull", *REFUSED},
    ),
    Fault(
        "bulk that waits for hours",
        lambda site: _paused(site, "bulk", "queued_at = now() - interval '2 hours'"),
        {"WorkWaitsLong"},
        may={"QueueNearlyFull", *LATE, *REFUSED},
    ),
    Fault(
        "workers that stand still",
        stop_workers,
        {"WorkersMissing", "TargetDown", "InteractiveQueueOld", "QueueNearlyFull", *REFUSED},
        LATE,
        may={"ReadingsFailing"},
    ),
    Fault(
        "Postgres away",
        lambda site: _killed(site, "postgres"),
        {"DatabaseDown", "MetricsIncomplete", *REFUSED},
        may={"TargetDown", "WorkersMissing", "InteractiveQueueOld", *LATE},
    ),
]
