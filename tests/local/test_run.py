"""`make run` starts from nothing, announces itself, and leaves nothing behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import time
import urllib.request

import psycopg
import pytest

from tests.local.conftest import Checkout, clean_environment, free_port, wait_until

END_LIMIT_S = 15


def run(checkout: Checkout, **environment: str) -> subprocess.Popen[str]:
    """Start `make run` and wait until it is ready."""
    process = checkout.make("run", **{"PORT": str(free_port()), "WEB_WORKERS": "1"} | environment)
    checkout.wait_for_output(r"\nReady: .*\n[^$]*Logs|\*\*\*")
    assert "Ready" in checkout.output(), checkout.output()
    return process


def assert_nothing_is_left(checkout: Checkout) -> None:
    wait_until(lambda: not checkout.processes(), END_LIMIT_S, lambda: str(checkout.processes()))


def test_it_prints_the_passwords_once_and_ctrl_c_stops_everything(fresh_checkout: Checkout) -> None:
    checkout = fresh_checkout
    port = free_port()
    process = run(checkout, PORT=str(port), WORKERS="2")
    said = checkout.output()
    assert f"Ready: http://127.0.0.1:{port}\n" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
        assert page.status == 200
    accounts = checkout.run_folder / "accounts"
    assert accounts.read_text() in said
    assert re.fullmatch(r"demo  \S{16}\nadmin  \S{16}\n", accounts.read_text())
    for secret in ("accounts", "secrets.json", "env"):
        assert stat.S_IMODE((checkout.run_folder / secret).stat().st_mode) == 0o600
    assert sum("celery" in command and "worker-" in command for command in checkout.processes().values()) == 2
    assert sum("manage.py deliver" in command for command in checkout.processes().values()) == 1
    assert not any(accounts.read_text().split()[1] in command for command in checkout.processes().values())
    os.killpg(process.pid, signal.SIGINT)
    process.wait(END_LIMIT_S)
    assert_nothing_is_left(checkout)


def test_kill_9_leaves_nothing_and_the_next_start_recovers(checkout: Checkout) -> None:
    process = run(checkout)
    os.kill(checkout.starter(process), signal.SIGKILL)
    process.wait(5)
    process = run(checkout)  # at once: it waits until the earlier one has stopped
    accounts = checkout.run_folder / "accounts"
    assert f"their passwords are in {accounts}" in checkout.output()
    assert accounts.read_text().split()[1] not in checkout.output()
    os.kill(process.pid, signal.SIGKILL)  # make itself
    process.wait(5)
    assert_nothing_is_left(checkout)


@pytest.mark.long  # as above, for both at once: 4 s
def test_kill_9_of_starter_and_cleanup_leaves_nothing(checkout: Checkout) -> None:
    process = run(checkout)
    cleanup = next(pid for pid, command in checkout.processes().items() if "cleanup.py" in command)
    for pid in (cleanup, checkout.starter(process), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait(5)
    assert_nothing_is_left(checkout)


@pytest.mark.long  # 6 s; `make chaos` kills workers of such a site
def test_a_dead_worker_is_restarted_and_a_second_run_is_refused(checkout: Checkout) -> None:
    process = run(checkout)

    def worker() -> int:
        return next((pid for pid, command in checkout.processes().items() if "worker-1@" in command), 0)

    first = worker()
    os.kill(first, signal.SIGKILL)
    checkout.wait_for_output("worker-1 was killed by SIGKILL; starting it again")
    wait_until(lambda: worker() not in (0, first), 10)
    token = subprocess.run(
        ["make", "token", "USER=bob"], cwd=checkout.path, env=clean_environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert token.stdout.splitlines()[-1] == "token-of-bob", token.stderr
    second = subprocess.run(["make", "run"], cwd=checkout.path, env=clean_environment(), capture_output=True, text=True)
    assert second.returncode != 0
    assert "Inkling is already running in this checkout: http://127.0.0.1:" in second.stderr
    assert process.poll() is None


def test_a_taken_port_is_reported_before_anything_slow(fresh_checkout: Checkout) -> None:
    checkout = fresh_checkout
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = time.monotonic()
        process = checkout.make("run", PORT=str(port))
        assert process.wait(20) != 0
    assert time.monotonic() - started < 5
    assert f"Port {port} on 127.0.0.1 is taken" in checkout.output()
    assert "Traceback" not in checkout.output()
    assert not list(checkout.run_folder.glob("postgres-*"))


@pytest.mark.long  # a site of its own: 6 s
def test_given_servers_are_used_and_none_is_started(fresh_checkout: Checkout, other_servers: dict[str, str]) -> None:
    checkout = fresh_checkout
    with psycopg.connect(other_servers["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE people (name text, password text)")
        database.execute("INSERT INTO people VALUES ('alice', 'x')")
    run(checkout, **other_servers)
    programs = " ".join(checkout.processes().values())
    assert "postgres -D" not in programs
    assert "redis-server" not in programs
    assert not list(checkout.run_folder.glob("postgres-*"))
    assert "the ones in your database" in checkout.output()
    assert not (checkout.run_folder / "accounts").exists()
    with psycopg.connect(other_servers["DATABASE_URL"]) as database:
        assert database.execute("SELECT name FROM people").fetchall() == [("alice",)]


@pytest.mark.long  # CI runs `make test` itself: 10 s
def test_make_test_ignores_given_servers_and_leaves_nothing(checkout: Checkout) -> None:
    (checkout.path / "test_small.py").write_text(
        "import os\n"
        "def test_small():\n"
        "    assert 'inkling-' in os.environ['DATABASE_URL'] and 'inkling-' in os.environ['REDIS_URL']\n"
        "    print('folder', os.environ['INKLING_RUN_DIR'])\n"
    )
    strange = {"DATABASE_URL": "postgres://stranger.invalid/theirs", "REDIS_URL": "redis://stranger.invalid/0"}
    process = checkout.make("test", "ARGS=-s -k 'small or none' -p no:cacheprovider", **strange)
    assert process.wait(90) == 0, checkout.output()
    found = re.search(r"folder (\S+)", checkout.output())
    assert found
    assert not os.path.exists(found[1])  # noqa: PTH110 - a string is what we have
    assert_nothing_is_left(checkout)


def test_token_without_a_running_site_says_how_to_start_it(checkout: Checkout) -> None:
    process = checkout.make("token")
    assert process.wait(20) != 0
    assert "Start it first: make run" in checkout.output()
