"""PostgreSQL and Redis together: found, started, and their addresses given; or the user's own, left alone."""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.paths import (
    keep_secrets,
    make_folder,
    open_run_folder,
    read_json,
    server_folder,
    server_user,
    short_folder,
    takes_sockets,
    write_secret,
)
from local.servers import binaries, postgres, redis
from local.supervisor import Supervisor
from local.terminal import step

START_LIMIT_S = 60.0


def start_servers(supervisor: Supervisor, run: Path, given: Mapping[str, str], fast: bool = False) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL: those in `given` as they are, and a server of our own for each that is not there.

    run: the folder that keeps their data, sockets and passwords. fast: for data that is soon thrown away.
    """
    urls = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)}
    for name in urls:
        step(f"{name} is set: using that server and starting none")
    if len(urls) == 2:
        return urls
    passwords = keep_secrets(run)
    sockets = _socket_folder(supervisor, run)
    if "DATABASE_URL" not in urls:
        urls["DATABASE_URL"] = _start_postgres(supervisor, run, sockets, passwords["database_password"], fast)
    if "REDIS_URL" not in urls:
        urls["REDIS_URL"] = _start_redis(supervisor, sockets, passwords["redis_password"])
    return urls


@contextlib.contextmanager
def temporary_servers(run: Path | None = None, fast: bool = True) -> Iterator[tuple[Supervisor, dict[str, str]]]:
    """A PostgreSQL and a Redis of one's own, with a supervisor for more children; all is gone afterwards.

    run: the folder that keeps all of it, a fresh one unless given. fast: at the price that a killed PostgreSQL loses
    what it committed last. DATABASE_URL and REDIS_URL of the environment are
    not looked at.
    """
    run = run or short_folder()
    supervisor = Supervisor(run / "logs")
    supervisor.cleanup.remove_folder_at_end(str(run))
    try:
        yield supervisor, start_servers(supervisor, run, {}, fast) | {"INKLING_RUN_DIR": str(run)}
    finally:
        supervisor.stop()
        shutil.rmtree(run, ignore_errors=True)


def _socket_folder(supervisor: Supervisor, run: Path) -> Path:
    folder = open_run_folder(server_folder(run) / "sockets")
    if not takes_sockets(folder):
        folder = short_folder()
        supervisor.cleanup.remove_folder_at_end(str(folder))
        step(f"Sockets are in {folder}: the path of {run} is too long for them, or its disk does not take them")
    return folder


def _start_postgres(supervisor: Supervisor, run: Path, sockets: Path, password: str, fast: bool) -> str:
    folder = server_folder(run)
    user = server_user(folder)
    if user:
        step(f"PostgreSQL does not run as root: it runs as the user {user.name}, with its data in {folder}")
    records = run / "servers.json"
    kept = read_json(records)
    found = binaries.find_postgres(kept, folder, user, supervisor)
    data = folder / f"postgres-{found.major}"
    if data.exists() and folder != run and not kept:
        aside = data.with_name(f"aside-{data.name}-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        step(f"{run} is new, so this is a new beginning: the data of an earlier one was put aside as {aside}")
    make_folder(sockets / "postgres", 0o700, user)
    write_secret(records, json.dumps(binaries.record(found)))
    postgres.make_cluster(supervisor, found, data, password, user, fast)
    postgres.clear_stale(data, sockets / "postgres")
    step(f"Starting PostgreSQL {found.major} from {found.bin}")
    server = postgres.service(found, data, sockets / "postgres", user, fast)
    supervisor.start(server)
    supervisor.wait_for(lambda: postgres.is_ready(data, server), server, START_LIMIT_S)
    return postgres.url(sockets / "postgres", password)


def _start_redis(supervisor: Supervisor, sockets: Path, password: str) -> str:
    program = binaries.find_redis(supervisor)
    step(f"Starting Redis from {program}")
    folder = make_folder(sockets / "redis")
    server = redis.service(program, folder, password)
    supervisor.start(server)
    supervisor.wait_for(lambda: redis.is_ready(folder, password), server, START_LIMIT_S)
    return redis.url(folder, password)


def new_secret() -> str:
    """A SECRET_KEY that nobody keeps."""
    return secrets.token_urlsafe(48)


def clean_environment() -> dict[str, str]:
    """The user's environment without what make and another project's Django left in it."""
    foreign = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "INKLING_PARENT", "DATABASE_URL", "REDIS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
