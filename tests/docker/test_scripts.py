"""The scripts of `docker/`, as far as they need no container."""

import configparser
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from accounts.postgres.release import NUMBER
from config.settings import BACKUPS_KEPT_DAYS

ROOT = Path(__file__).resolve().parents[2]


def _run(*command, cwd=ROOT, **variables):
    env = {"PATH": os.environ["PATH"]} | variables
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=100)


@pytest.fixture
def secrets(tmp_path):
    """Return a folder of secrets that the script created."""
    (tmp_path / "docker").mkdir()
    shutil.copy(ROOT / "docker/secrets.sh", tmp_path / "docker")
    done = _run(str(tmp_path / "docker/secrets.sh"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "secrets"


def test_every_secret_of_compose_is_created(secrets):
    named = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["secrets"]
    assert {path.name for path in secrets.iterdir() if path.is_file()} == set(named)


def test_the_folder_is_private_and_its_files_are_readable(secrets):
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir() if path.is_file()} == {0o444}


def test_the_urls_contain_the_passwords(secrets):
    for url, password in (("database_url", "db_password"), ("redis_url", "redis_password")):
        kept = (secrets / password).read_text().strip()
        assert len(kept) >= 32
        assert f":{kept}@" in (secrets / url).read_text()


def test_making_secrets_again_changes_none(secrets):
    before = {path: path.read_text() for path in secrets.iterdir() if path.is_file()}
    again = _run(str(secrets.parent / "docker/secrets.sh"))
    assert again.returncode == 0, again.stderr
    assert {path: path.read_text() for path in secrets.iterdir() if path.is_file()} == before


@pytest.fixture
def upgrade(tmp_path):
    """Return a function that runs docker/upgrade.sh with a stand-in for Docker, and returns what `.env` then holds."""
    for folder in ("docker", "bin"):
        (tmp_path / folder).mkdir()
    for script in ("upgrade.sh", "secrets.sh"):
        shutil.copy(ROOT / "docker" / script, tmp_path / "docker")
    fake = tmp_path / "bin/docker"
    fake.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '    run*argon2*) [ "$PREVIOUS_KNOWS_ARGON2" = yes ] ;;\n'
        '    run*delivery.py) [ "$CURRENT_DELIVERS" = yes ] ;;\n'
        '    run*:current*NUMBER*) echo "$CURRENT_RELEASE" ;;\n'
        '    run*:previous*NUMBER*) echo "$PREVIOUS_RELEASE" ;;\n'
        "    *ps*delivery) echo 1 ;;\n"
        '    *) echo "$*" >>done ;;\n'
        "esac\n"
    )
    fake.chmod(0o755)

    def run(knows, *arguments, delivers="yes", releases=("", ""), fails=False):
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        numbers = dict(zip(("PREVIOUS_RELEASE", "CURRENT_RELEASE"), releases, strict=True))
        answers = {"PREVIOUS_KNOWS_ARGON2": knows, "CURRENT_DELIVERS": delivers} | numbers
        done = _run(str(tmp_path / "docker/upgrade.sh"), *arguments, PATH=path, BUILD="no", **answers)
        assert done.returncode == fails, done.stdout + done.stderr
        return done.stdout if fails else (tmp_path / ".env").read_text()

    return run


@pytest.mark.parametrize("way", [(), ("--back",)])
def test_an_upgrade_goes_one_release_at_a_time_and_back_too(upgrade, tmp_path, way):
    (tmp_path / ".env").write_text("WORKERS=4\n")
    for apart in (("1", "3"), ("", "3")):  # images from before releases were numbered are of the first
        releases = apart[::-1] if way else apart
        said = upgrade("yes", *way, releases=releases, fails=True)
        assert "Only releases that follow one another" in said
        for changed in ("migrate", "up --detach", "stop", ":swapped"):
            assert changed not in (tmp_path / "done").read_text()
    for near in (("", "2"), ("2", "2"), ("3", "2")):
        assert upgrade("yes", *way, releases=near) == "WORKERS=4\n"


def test_upgrades_read_the_number_of_the_release_from_the_images():
    found = _run("sed", "-n", "s/^NUMBER = //p", "accounts/postgres/release.py").stdout
    assert found.split() == [str(NUMBER)]


def test_an_upgrade_from_images_without_argon2_keeps_new_passwords_readable_for_them(upgrade, tmp_path):
    (tmp_path / ".env").write_text("WORKERS=4")  # without a line break at its end
    for _ in range(2):  # the second run replaces nothing, and --back would still return to the same images
        first, mark, last = upgrade("no").splitlines()
        assert (first, last) == ("WORKERS=4", "PASSWORD_HASHER=pbkdf2")
        assert mark.startswith("#")
    assert upgrade("yes") == "WORKERS=4\n"


def test_going_back_to_images_without_a_delivery_worker_lets_their_workers_send_mail(upgrade, tmp_path):
    (tmp_path / ".env").write_text("COMPOSE_FILE=docker-compose.yml:docker/sso.yml\n")
    for _ in range(2):
        own, mark, line = upgrade("yes", "--back", delivers="no").splitlines()
        assert own == "COMPOSE_FILE=docker-compose.yml:docker/sso.yml"
        assert mark.startswith("#") and line == f"{own}:docker/mail_by_workers.yml"
    assert "stop 1" in (tmp_path / "done").read_text().splitlines()  # of both, only one kind sends mail
    assert upgrade("yes") == f"{own}\n"


def test_an_upgrade_leaves_the_operators_own_choice_of_hashes(upgrade, tmp_path):
    (tmp_path / ".env").write_text("PASSWORD_HASHER=pbkdf2\n")
    assert upgrade("yes") == "PASSWORD_HASHER=pbkdf2\n"


def test_pgbouncer_starts_with_the_shipped_settings_the_server_and_the_user_of_the_secret(tmp_path):
    places = {"/run/secrets": tmp_path, "/etc/inkling": ROOT / "docker/pgbouncer"}
    places["/tmp/pgbouncer"] = tmp_path / "own"  # noqa: S108 - the path in the container
    script = (ROOT / "docker/pgbouncer/start.sh").read_text()
    for path, here in places.items():
        script = script.replace(path, str(here))
    (tmp_path / "database_url").write_text("postgres://inkling:s3cret@db:5432/inkling?sslmode=disable\n")
    program = tmp_path / "pgbouncer"
    program.write_text('#!/bin/sh\ncat "$1"\n')
    program.chmod(0o755)
    done = _run("sh", "-c", script, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    found = configparser.ConfigParser(comment_prefixes=";")
    found.read_string(done.stdout)
    assert dict(found["databases"]) == {"inkling": "host=db port=5432"}
    assert found["pgbouncer"]["pool_mode"] == "transaction" and found["pgbouncer"]["listen_port"] == "6432"
    users = tmp_path / "own/users.txt"
    assert users.read_text() == '"inkling" "s3cret"\n' and stat.S_IMODE(users.stat().st_mode) == 0o600
    assert found["pgbouncer"]["auth_file"] == str(users)


@pytest.fixture
def backup(tmp_path):
    """Return a function that runs docker/backup.sh with a stand-in for Docker, among dumps of these ages in days."""
    for folder in ("docker", "bin", "backups"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "docker/backup.sh", tmp_path / "docker")
    fake = tmp_path / "bin/docker"
    fake.write_text('#!/bin/sh\necho "$*" >>"$0.calls"\necho running\n')
    fake.chmod(0o755)

    def run(*arguments, ages, **variables):
        for age in ages:
            dump = tmp_path / f"backups/inkling-{age}.dump"
            dump.touch()
            os.utime(dump, (time.time() - age * 86_400 - 60,) * 2)
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        done = _run(str(tmp_path / "docker/backup.sh"), *arguments, PATH=path, **variables)
        assert done.returncode == 0, done.stderr
        return [age for age in ages if (tmp_path / f"backups/inkling-{age}.dump").exists()]

    return run


def test_each_backup_is_noted_for_the_doctor(backup, tmp_path):
    backup(ages=[])
    calls = (tmp_path / "bin/docker.calls").read_text()
    assert f"exec -T web python manage.py record_backup --verbosity 0 --bytes {len('running') + 1}" in calls


def test_backups_are_kept_as_long_as_people_are_told(backup, tmp_path):
    days = BACKUPS_KEPT_DAYS
    assert backup(ages=[days - 1, days, days + 1]) == [days - 1]
    assert backup(ages=[8, 6], BACKUPS_KEPT_DAYS="7") == [6]
    (tmp_path / ".env").write_text("WORKERS=4\nBACKUPS_KEPT_DAYS=3\n")
    assert backup(ages=[2, 4]) == [2]
    assert backup("backups/inkling-mine.dump", ages=[400]) == [400]  # a file of one's own choice deletes nothing


def test_the_documentation_tells_how_long_backups_are_kept():
    for path in ("docs/deploy.md", "docs/privacy.md"):
        assert f"{BACKUPS_KEPT_DAYS} days" in (ROOT / path).read_text()
    assert f"BACKUPS_KEPT_DAYS={BACKUPS_KEPT_DAYS}" in (ROOT / ".env.example").read_text().splitlines()


@pytest.mark.worker
def test_the_smoke_test_checks_a_site_end_to_end(service):
    done = _run("docker/smoke.sh", service.url, DRAWINGS="20")
    assert done.returncode == 0, done.stderr
    for line in ("20 sent and finished", "by 1 of 1 workers", "history", "deleted: 20", "works."):
        assert line in done.stdout
    [[left]] = service.query(
        "SELECT count(*) FROM predictions_submission s JOIN accounts_user u ON u.id = s.owner_id"
        " WHERE u.username LIKE 'smoke-%%' AND s.deleted_at IS NULL"
    )
    assert left == 0


@pytest.mark.worker
def test_the_smoke_test_accepts_a_token(service):
    done = _run("docker/smoke.sh", service.url, DRAWINGS="5", TOKEN=service.token("bob"))
    assert done.returncode == 0, done.stderr
    assert "signed up" not in done.stdout


def test_the_smoke_test_fails_where_nothing_answers():
    done = _run("docker/smoke.sh", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "FAILED" in done.stderr and "cannot be reached" in done.stderr
