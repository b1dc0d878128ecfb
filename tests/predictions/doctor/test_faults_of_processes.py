"""Twenty faults planted in a real site: the doctor names each with its remedy, and finds nothing else."""

import json
import os
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from local.paths import short_folder
from tests.accounts.mail_servers import refusing_smtp_server
from tests.site import open_site
from tests.twin import NAME, write_twin

ROOT = Path(__file__).resolve().parents[3]
# Each fault is planted in a site of its own, one after the other, and workers start again: 3 minutes.
pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(600)]
WAITS_S = 90
LIVE = "UPDATE predictions_modelversion SET is_live = (name = %s)"
SEND_MAIL = "from django.core.mail import send_mail; send_mail('hello', 'words', None, ['bob@example.org'])"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Run a whole site whose worker has a clock of its own, and whose mail server refuses all mail."""
    folder = tmp_path_factory.mktemp("doctor")
    library, clock = folder / "clock.so", folder / "clock"
    source = ROOT / "tests/chaos/clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    clock.write_bytes(struct.pack("d", 0.0))
    shift = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(clock)}
    (folder / "inkling.dump").write_bytes(b"PGDMP")
    with refusing_smtp_server() as port:

        def change(site):
            mail = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "none"}
            for service in site.services:
                service.command = [
                    str(folder / "beat") if "beat-schedule" in word else word for word in service.command
                ]
                if service.name == "delivery":
                    service.env |= mail
                if service.name == "worker-1":
                    service.env |= shift

        with open_site(change=change, BACKUPS_FOLDER=str(folder)) as site:
            site.folder, site.clock, site.shift = folder, clock, shift
            site.manage("register_model", str(write_twin(tmp_path_factory.mktemp("twin"))))
            [[site.shipped]] = site.query("SELECT name FROM predictions_modelversion WHERE is_live")
            site.wait_until(lambda: bool(site.query("SELECT 1 FROM predictions_scheduledrun LIMIT 1")), WAITS_S)
            yield site


def examine(site, *arguments, **variables):
    """Run the doctor; return its results by name, after checking that each fault has a remedy."""
    command = [sys.executable, "manage.py", "doctor", "--json", "--wait", "8", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=site.env | variables, capture_output=True, text=True, timeout=90)
    assert "Traceback" not in done.stderr, done.stderr
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    wrong = [check for check in found.values() if check["state"] in ("failing", "warning")]
    assert all(check["seen"] and check["remedy"] for check in wrong), wrong
    has_failed = any(check["state"] == "failing" for check in wrong)
    assert done.returncode == (1 if has_failed else 2 if wrong else 0)
    return found


def assert_names(found, name, seen, remedy, *others):
    """Check that this fault is named with its remedy, and that nothing fails but it and `others`."""
    check = found[name]
    assert check["state"] == "failing", check
    assert seen in check["seen"] and remedy in check["remedy"], check
    failing = {one["name"] for one in found.values() if one["state"] == "failing"}
    assert failing - set(others) == {name}, [found[one] for one in failing]


def wait_until_fine(site):
    """Wait until the site has recovered, so that no fault is mistaken for another."""

    def is_fine():
        found = examine(site, "--look-only")
        return not [one for one in found.values() if one["state"] == "failing"]

    site.wait_until(is_fine, WAITS_S)


@contextmanager
def stopped(site, name):
    """Kill a service, and start it again at the end."""
    service = site.service(name)
    service.restarts = False
    site.kill(name)
    try:
        yield
    finally:
        service.restarts, service.next_start = True, 0.0
        site.supervisor.tend()


def test_a_healthy_site_has_no_failing_line(site):
    found = examine(site)
    assert {name: one for name, one in found.items() if one["state"] not in ("ok", "skipped")} == {}
    assert found["wakeup"]["state"] == found["golden"]["state"] == found["beat"]["state"] == "ok"


def of_settings(tmp):
    """Return faults that are in the settings of the process: variables, check, what is seen, remedy."""
    return {
        "DEBUG on": ({"DEBUG": "1"}, "test_settings", "DEBUG is on", "DEBUG=0"),
        "test reader set": ({"READER": "tests.readers.Constant"}, "test_settings", "READER", "Unset READER"),
        "wrong password": ({"REDIS_URL": "wrong"}, "redis", "invalid", "Correct the password in REDIS_URL"),
        "a wrong password of Postgres": (
            {"DATABASE_URL": "wrong"},
            "database",
            "password",
            "Correct user and password",
        ),
        "secret readable by all": ({"STATUS_TOKEN_FILE": "/etc/hostname"}, "secrets", "STATUS_TOKEN_FILE", "chmod 600"),
        "static files missing": ({"STATIC_ROOT": str(tmp)}, "static_files", "staticfiles.json", "collectstatic"),
        "backup too old": ({"BACKUPS_FOLDER": str(tmp)}, "backups", "40.0 hours old", "make backup"),
    }


@pytest.mark.parametrize("fault", of_settings(""))
def test_a_fault_of_settings(site, tmp_path, fault):
    variables, name, seen, remedy = of_settings(tmp_path)[fault]
    dump = tmp_path / "old.dump"
    dump.write_bytes(b"PGDMP")
    os.utime(dump, (time.time() - 40 * 3600,) * 2)
    for variable, value in variables.items():
        if value == "wrong":
            url, password = site.env[variable], site.env[variable].split("@")[0].rsplit(":", 1)[1]
            variables[variable] = url.replace(f":{password}@", ":wrong@", 1)
    also = {"test reader set": ("settings",), "DEBUG on": ("secrets",)}.get(fault, ())
    assert_names(examine(site, **variables), name, seen, remedy, *also)


def test_database_down_without_an_answer(site):
    """Postgres hangs: the doctor does not."""
    site.kill("postgres", 19)
    try:
        began = time.monotonic()
        found = examine(site)
        assert time.monotonic() - began < 3 * 10  # promised: 10 s
    finally:
        site.kill("postgres", 18)
    assert_names(found, "database", "", "")
    assert found["redis"]["state"] == "ok"
    wait_until_fine(site)


def test_database_down(site, tmp_path):
    found = examine(site, DATABASE_URL=f"postgres://inkling@/inkling?host={tmp_path}")
    assert_names(found, "database", "connection", "Start PostgreSQL")


def test_redis_down(site):
    with stopped(site, "redis"):
        assert_names(examine(site), "redis", "", "Start Redis")
    wait_until_fine(site)


def test_unmigrated(site):
    site.execute("UPDATE django_migrations SET app = 'aside' WHERE name = '0034_clocks_of_workers'")
    try:
        assert_names(examine(site), "migrations", "0034_clocks_of_workers", "manage.py prepare")
    finally:
        site.execute("UPDATE django_migrations SET app = 'predictions' WHERE app = 'aside'")


def test_evicting(site):
    client = redis.Redis.from_url(site.env["REDIS_URL"])
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert_names(examine(site), "redis_policy", "allkeys-lru", "maxmemory-policy noeviction")
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_full_disk(site):
    folder = short_folder()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        with pytest.raises(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        assert_names(
            examine(site, DATABASE_FOLDER=str(folder)), "disk", "DATABASE_FOLDER: 0", "Delete what is not needed"
        )
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def test_wrong_clock_of_a_worker(site):
    site.clock.write_bytes(struct.pack("d", 86_400.0))
    try:
        ahead = "SELECT 1 FROM predictions_workerseen WHERE clock_ahead_s > 80000"
        site.wait_until(lambda: bool(site.query(ahead)), WAITS_S)
        assert_names(examine(site), "clocks", "worker-1: its clock is 86400 s ahead", "timedatectl set-ntp true")
    finally:
        site.clock.write_bytes(struct.pack("d", 0.0))
    wait_until_fine(site)


def test_wrong_clock_of_this_process(site, tmp_path):
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("d", -3600.0))
    found = examine(site, "--look-only", **(site.shift | {"CLOCK_SHIFT": str(clock)}))
    assert_names(found, "clocks", "This process: its clock is 3600 s behind", "timedatectl")


def test_no_worker(site):
    with stopped(site, "worker-1"):
        time.sleep(0.5)
        site.execute("UPDATE predictions_workerseen SET seen_at = seen_at - interval '1 minute'")  # a minute later
        found = examine(site)
    assert_names(found, "workers", "the last one was worker-1", "docker compose up -d worker", "wakeup", "golden")
    assert "no worker took it" in found["wakeup"]["seen"] and "no worker read it" in found["golden"]["seen"]
    wait_until_fine(site)


def test_worker_that_takes_nothing(site):
    """A connection holds a lock that each claim waits for; the worker itself is well, and its heartbeats go on."""
    site.kill("worker-1", 19)
    sent = site.request("POST", "/api/v1/submissions/", json=_drawing())
    assert sent.status_code == 202
    site.execute("UPDATE predictions_submission SET available_at = now() - interval '20 s' WHERE status = 'queued'")
    with psycopg.connect(site.env["DATABASE_URL"]) as forgotten:
        pid = forgotten.info.backend_pid
        forgotten.execute("LOCK TABLE predictions_submission IN EXCLUSIVE MODE")
        site.kill("worker-1", 18)
        _wait_for_heartbeat(site)
        found = examine(site)
        forgotten.rollback()
    assert_names(found, "worker_progress", "take nothing", f"pg_terminate_backend({pid})", "golden", "wakeup", "beat")
    wait_until_fine(site)


def _drawing():
    return {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}


def test_no_beat(site):
    with stopped(site, "beat"):
        time.sleep(1)  # what it sent last has run
        site.execute("UPDATE predictions_scheduledrun SET due_at = now() - interval '4 minutes'")  # some minutes later
        assert_names(examine(site, "--look-only"), "beat", "due for more than 3 minutes", "docker compose up -d beat")
    wait_until_fine(site)


def test_live_model_missing(site):
    site.execute("UPDATE predictions_modelversion SET is_live = false")
    try:
        found = examine(site, "--look-only")
    finally:
        site.execute(LIVE, site.shipped)
    assert_names(found, "live_model", "No model is live", "promote NAME")
    wait_until_fine(site)


def test_live_model_tampered_and_so_a_worker_with_an_old_one(site):
    site.execute(
        "UPDATE predictions_modelartifact SET data = 'other' WHERE format = 'litert' AND version_id ="
        " (SELECT id FROM predictions_modelversion WHERE name = %s)",
        NAME,
    )
    _promote(site, NAME)
    refused = "SELECT 1 FROM predictions_workerseen WHERE trouble <> ''"
    try:
        site.wait_until(lambda: bool(site.query(refused)), WAITS_S)
        found = examine(site)
    finally:
        _promote(site, site.shipped)
    assert_names(found, "live_model", "not those that were registered", "register_model", "worker_models")
    assert f"worker-1 reads with {site.shipped}: {NAME} cannot be used" in found["worker_models"]["seen"]
    assert "promote --rollback" in found["worker_models"]["remedy"]
    wait_until_fine(site)


def _promote(site, name):
    """Make another version live, of which the index allows one."""
    site.execute("UPDATE predictions_modelversion SET is_live = false")
    site.execute(LIVE, name)


def test_golden_digit_wrong(site):
    service = site.service("worker-1")
    former = service.env
    service.env = former | {"TESTING": "1", "READER": "tests.readers.Misreading"}
    try:
        _restart(site)
        found = examine(site)
    finally:
        service.env = former
        _restart(site)
    assert_names(found, "golden", "was read as 3", "promote --rollback")
    site.manage("read_golden")
    wait_until_fine(site)


def _restart(site):
    """Kill the worker, and wait for the heartbeat of the next one."""
    site.kill("worker-1")
    _wait_for_heartbeat(site)


def _wait_for_heartbeat(site):
    site.execute("UPDATE predictions_workerseen SET seen_at = seen_at - interval '1 minute'")
    alive = "SELECT 1 FROM predictions_workerseen WHERE seen_at > now() - interval '5 s'"
    site.wait_until(lambda: bool(site.query(alive)), WAITS_S)


def test_mail_refused(site):
    site.manage("shell", "--no-imports", "-c", SEND_MAIL)
    site.wait_until(lambda: bool(site.query("SELECT 1 FROM post_office_log")), WAITS_S)
    try:
        found = examine(site, "--look-only")
        assert_names(found, "mail", "relaying denied", "doctor --smtp")
        assert "bob" not in found["mail"]["seen"]  # whose address is nobody's business
        mail = {name: value for name, value in site.service("delivery").env.items() if name.startswith("MAIL_")}
        tried = examine(site, "--look-only", "--smtp", **mail)["mail"]
        assert "accepts this site" in tried["seen"] and "relaying denied" in tried["seen"]
        closed = examine(site, "--look-only", "--smtp", **(mail | {"MAIL_PORT": "9"}))["mail"]
        assert "cannot be used from here: ConnectionRefusedError" in closed["seen"]
    finally:
        site.execute("DELETE FROM post_office_log")
        site.execute("DELETE FROM post_office_email")
