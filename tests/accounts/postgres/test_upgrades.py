"""A database that skipped a release, or is ahead of this code by two, is refused before anything changes."""

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.postgres import release, upgrades
from accounts.postgres.upgrades import SkippedRelease, check_release, record_release, recorded_release
from tests.factories import make_user

ROOT = Path(__file__).resolve().parents[3]
MAKE_OLD_USER = f"""
from django.db import connection
from django.db.migrations.loader import MigrationLoader
state = MigrationLoader(connection).project_state([("accounts", {release.FORMER_MIGRATIONS["accounts"]!r})])
state.apps.get_model("accounts", "User").objects.create(username="alice")
"""


def _forget(app, name):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])


def _write(comment):
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE {upgrades.TABLE} IS '{comment}'")


@pytest.mark.django_db
@pytest.mark.parametrize("app", release.FORMER_MIGRATIONS)
def test_a_database_from_before_the_former_release_is_refused_once_it_has_users(app):
    _forget(app, release.FORMER_MIGRATIONS[app])
    check_release()  # the first start may have died while it was migrating
    make_user("alice")
    with pytest.raises(SkippedRelease, match=f"Install {release.FORMER} first") as refused:
        check_release()
    assert f"lacks {app}.{release.FORMER_MIGRATIONS[app]}" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize(("ahead", "is_refused"), [(0, False), (1, False), (2, True), (3, True)])
def test_code_runs_on_a_database_that_is_one_release_ahead_but_not_two(ahead, is_refused):
    _write(f"release {release.NUMBER + ahead}")
    if not is_refused:
        return check_release()
    with pytest.raises(SkippedRelease, match=rf"release {release.NUMBER + ahead}.*Install release .* or newer"):
        check_release()


@pytest.mark.django_db
def test_a_check_fails_until_this_code_may_run_on_the_database_and_changes_nothing(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)  # which a check does not read
    call_command("prepare", "--check")
    _write(f"release {release.NUMBER + 2}")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("prepare", "--check")
    _write("")
    [newest] = MigrationLoader(connection).graph.leaf_nodes("predictions")
    _forget(*newest)
    with pytest.raises(SystemExit, match="1"):
        call_command("prepare", "--check")
    assert recorded_release() == 0


@pytest.mark.django_db
def test_the_release_is_written_and_an_older_one_does_not_replace_a_newer():
    for comment, kept in (("by hand", release.NUMBER), (f"release {release.NUMBER + 1}", release.NUMBER + 1)):
        _write(comment)
        record_release()
        assert recorded_release() == kept


def test_the_former_release_is_the_newest_heading_of_the_changelog_with_its_last_migrations():
    headings = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[:2] == ["Unreleased", release.FORMER]
    assert len(headings) == release.NUMBER
    for app, name in release.FORMER_MIGRATIONS.items():
        assert (ROOT / app / f"migrations/{name}.py").exists()


@pytest.fixture
def empty_database(transactional_db):
    """Return a function that runs manage.py on an empty database of its own."""
    name = f"upgrade_{uuid.uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    url = urlsplit(os.environ["DATABASE_URL"])

    def manage(*words):
        env = os.environ | {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=env, input="", capture_output=True, text=True, timeout=120)

    yield manage
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.long  # seven starts of manage.py, and all migrations
@pytest.mark.timeout(300)
def test_prepare_refuses_a_skipped_release_changes_nothing_and_takes_the_next_step(empty_database):
    def manage(*words):
        done = empty_database(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    before = f"{int(release.FORMER_MIGRATIONS['predictions'][:4]) - 1:04}"
    manage("migrate", "accounts", release.FORMER_MIGRATIONS["accounts"])
    manage("migrate", "predictions", before)
    manage("shell", "--no-imports", "-c", MAKE_OLD_USER)
    applied = manage("showmigrations", "--plan")
    refused = empty_database("prepare")
    assert refused.returncode == 1 and f"Install {release.FORMER} first" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert manage("showmigrations", "--plan") == applied
    manage("migrate", "predictions", release.FORMER_MIGRATIONS["predictions"])
    assert "The database is migrated." in manage("prepare")
    assert "The database is migrated." in manage("prepare")


@pytest.mark.long  # all migrations on an empty database
@pytest.mark.timeout(300)
def test_prepare_fills_an_empty_database_and_writes_its_release(empty_database):
    assert empty_database("prepare").returncode == 0
    code = "from accounts.postgres.upgrades import recorded_release; print(recorded_release())"
    assert empty_database("shell", "--no-imports", "-c", code).stdout.split() == [str(release.NUMBER)]
