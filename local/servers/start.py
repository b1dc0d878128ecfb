"""Start PostgreSQL and Redis and return their URLs, or use the user's own servers."""

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
    """Return DATABASE_URL and REDIS_URL: those in `given`, and a started server for each that is missing.

    Args:
        run: the folder for data, sockets and passwords.
        fast: skip crash safety, for temporary data.
    """
    urls = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)}
    for name in urls:
        step(f"{name} is set: using that server")
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
    """Yield a supervisor with a PostgreSQL and a Redis, and their URLs; remove everything afterwards.

    DATABASE_URL and REDIS_URL of the environment are ignored.

    Args:
        run: the folder for everything; a new one by default.
        fast: skip crash safety, so that a killed PostgreSQL may lose its last commits.
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
        step(
            f"Sockets are in {folder}: the path of {run} is too long for them, or its file system does not support them"
        )
    return folder


def _start_postgres(supervisor: Supervisor, run: Path, sockets: Path, password: str, fast: bool) -> str:
    folder = server_folder(run)
    user = server_user(folder)
    if user:
        step(f"PostgreSQL refuses to run as root: it runs as {user.name}, with its data in {folder}")
    records = run / "servers.json"
    kept = read_json(records)
    found = binaries.find_postgres(kept, folder, user, supervisor)
    data = folder / f"postgres-{found.major}"
    if data.exists() and folder != run and not kept:
        aside = data.with_name(f"aside-{data.name}-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        step(f"{run} is new: the data of an earlier run was moved to {aside}")
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
    """Return a temporary SECRET_KEY."""
    return secrets.token_urlsafe(48)


def clean_environment() -> dict[str, str]:
    """Return the user's environment without variables of make and of other Django projects."""
    foreign = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "INKLING_PARENT", "DATABASE_URL", "REDIS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
