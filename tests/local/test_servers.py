"""PostgreSQL and Redis as children: which programs are used, who can connect, and what remains."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from local.paths import server_user, short_folder, takes_sockets
from local.servers import binaries, postgres
from local.servers.start import start_servers, temporary_servers
from local.supervisor import Supervisor
from local.terminal import SetupError
from tests.local.conftest import ROOT, wait_until

OPEN_AND_WAIT = """
import sys, time
from local.servers.start import temporary_servers
with temporary_servers() as (supervisor, urls):
    print(urls["INKLING_RUN_DIR"], *(service.process.pid for service in supervisor.services), flush=True)
    time.sleep(60)
"""


def test_temporary_servers_answer_and_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://stranger.invalid/theirs")
    monkeypatch.setenv("REDIS_URL", "redis://stranger.invalid/0")
    with temporary_servers() as (supervisor, urls):
        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as database:
            database.execute("CREATE DATABASE another")
            assert database.execute("SHOW listen_addresses").fetchone() == ("",)
            assert database.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'inkling'").fetchone() == (False,)
        with redis.Redis.from_url(urls["REDIS_URL"]) as server:
            assert server.ping()
            assert server.config_get("port") == {"port": "0"}
        pids = [service.process.pid for service in supervisor.services if service.process]
    assert len(pids) == 2
    assert not Path(urls["INKLING_RUN_DIR"]).exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_wrong_password_and_the_superuser_are_refused() -> None:
    with temporary_servers() as (_, urls):
        password = urlsplit(urls["DATABASE_URL"]).password or ""
        assert len(password) > 20
        for wrong in (
            urls["DATABASE_URL"].replace(password, "guess"),
            urls["DATABASE_URL"].replace("inkling:", "postgres:"),
        ):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(wrong)
        with (
            redis.Redis(unix_socket_path=urlsplit(urls["REDIS_URL"]).path) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


def test_kill_9_leaves_neither_servers_nor_their_folder() -> None:
    with subprocess.Popen([sys.executable, "-c", OPEN_AND_WAIT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as opened:
        assert opened.stdout
        line = next(line for line in opened.stdout if line.startswith("/"))
        folder, *pids = line.split()
        assert len(pids) == 2
        opened.send_signal(signal.SIGKILL)
    wait_until(lambda: not Path(folder).exists() and not any(Path(f"/proc/{pid}").exists() for pid in pids), 15)


@pytest.mark.long  # starts servers three times: 7 s
def test_data_is_kept_and_the_files_of_a_killed_server_are_removed() -> None:
    run = short_folder()
    supervisor = Supervisor(run / "logs")
    supervisor.cleanup.remove_folder_at_end(str(run))
    try:
        urls = start_servers(supervisor, run, {"REDIS_URL": "redis://unused.invalid"})
        with psycopg.connect(urls["DATABASE_URL"]) as database:
            database.execute("CREATE TABLE kept (word text)")
        recorded = json.loads((run / "servers.json").read_text())
        server = supervisor.services[0]
        data = run / f"postgres-{recorded['major']}"
        assert postgres.is_ready(data, server)
        assert server.process
        os.killpg(server.process.pid, signal.SIGKILL)
        wait_until(lambda: bool(server.process and server.process.poll()), 5)
        supervisor.services.clear()
        # The worst case: the dead server's process id now belongs to another program, here to us.
        left = (data / "postmaster.pid").read_text().split("\n")
        (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *left[1:]]))
        again = start_servers(supervisor, run, {"REDIS_URL": "redis://unused.invalid"})
        with psycopg.connect(again["DATABASE_URL"]) as database:
            assert database.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert json.loads((run / "servers.json").read_text()) == recorded
    finally:
        supervisor.stop()


def test_programs_of_another_version_do_not_use_the_data(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs")
    try:
        found = binaries.find_postgres({}, tmp_path, server_user(tmp_path), supervisor)
        assert binaries.find_postgres(binaries.record(found), tmp_path, server_user(tmp_path), supervisor) == found
        with pytest.raises(SetupError, match=r"created by PostgreSQL 11 in /gone, which is gone"):
            binaries.find_postgres({"bin": "/gone", "major": "11"}, tmp_path, server_user(tmp_path), supervisor)
    finally:
        supervisor.stop()


def test_a_path_too_long_for_sockets_gets_a_short_folder(tmp_path: Path) -> None:
    short = short_folder()
    assert takes_sockets(short)
    short.rmdir()
    long = tmp_path / ("x" * 90)
    long.mkdir()
    assert not takes_sockets(long)
    with socket.socket(socket.AF_UNIX) as listener, pytest.raises(OSError, match="too long"):
        listener.bind(str(long / "postgres/.s.PGSQL.5432"))
