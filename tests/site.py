"""A complete site for tests: real servers, web processes and workers, started as `make run` starts them."""

import atexit
import contextlib
import fcntl
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import requests

from local import venv
from local.options import RunOptions
from local.paths import keep_secrets, open_run_folder, short_folder
from local.run import is_answering, limits, services
from local.servers.start import clean_environment, start_servers, temporary_servers
from local.supervisor import Service, Supervisor
from local.testing import site_settings

PASSWORDS = {name: f"{name} draws digits well" for name in ("alice", "bob", "carol", "admin")}
TOKENS = "tokens.json"
_MAKE_TOKENS = """
import json
from accounts.models import User
from accounts.tokens import create_token
from predictions.worker.golden import queue_golden
queue_golden()
print(json.dumps({user.username: create_token(user) for user in User.objects.all()}))
"""

NO_CHANCE = {"REVIEW_TWICE_SHARE": "0"}  # which would hide a quarter of the readings from reviewers


class Site:
    """A running site: its address, its processes, and questions to its database."""

    def __init__(self, supervisor: Supervisor, env: dict[str, str], url: str, tokens: dict[str, str]) -> None:
        self.supervisor = supervisor
        self.env = env
        self.url = url
        self.services: list[Service] = []
        self._tokens = tokens

    def manage(self, *arguments: str, stdin: str = "", **settings: str) -> str:
        """Run a management command, check that it succeeds, and return what it printed.

        settings: environment variables, on top of the site's.
        """
        return _manage(self.supervisor, self.env | settings, *arguments, stdin=stdin)

    def token(self, name: str = "alice") -> str:
        """Return an API token of `name`."""
        return self._tokens[name]

    def request(self, method: str, path: str, user: str = "alice", **options: Any) -> requests.Response:
        """Call the API as `user`; `path` starts with a slash."""
        headers = {"Authorization": f"Token {self.token(user)}", **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Query the site's database directly."""
        with psycopg.connect(self.env["DATABASE_URL"]) as database:
            return database.execute(sql, values).fetchall()  # type: ignore[call-overload]

    def execute(self, sql: str, *values: Any) -> None:
        """Change the site's database directly."""
        with psycopg.connect(self.env["DATABASE_URL"]) as database:
            database.execute(sql, values)  # type: ignore[call-overload]

    @property
    def names(self) -> list[str]:
        """Return the names of all supervised children."""
        return [service.name for service in self.supervisor.services]

    def service(self, name: str) -> Service:
        """Return the supervised child of that name: postgres, redis, web, worker-1 ..."""
        return next(service for service in self.supervisor.services if service.name == name)

    def kill(self, name: str, with_signal: int = signal.SIGKILL) -> None:
        """Send the child's process group a signal; `wait_until` starts it again if it restarts."""
        process = self.service(name).process
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, with_signal)

    def wait_until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Tend the children until `is_so()`; fail after `seconds`."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"not so within {seconds} s"
            self.supervisor.tend()
            time.sleep(0.05)


def free_port() -> int:
    """Return a port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def open_site(
    workers: int = 1,
    run: Path | None = None,
    change: Callable[[Site], None] | None = None,
    sends_mail: bool = False,
    **settings: str,
) -> Iterator[Site]:
    """Start PostgreSQL, Redis, web and workers with accounts and tokens for PASSWORDS; remove it all afterwards.

    Args:
        run: the folder of the servers' data; a new one by default.
        change: may change `site.services` before they start. Without it there is no beat, and PostgreSQL may lose
            what it committed last when it is killed.
        sends_mail: whether there is a delivery worker, which there is in any case with `change`.
        settings: environment variables of the site, on top of those of `make run` on loopback.
    """
    options = RunOptions(host="127.0.0.1", port=free_port(), workers=workers, web_workers=2)
    run = run or short_folder()
    subprocess.run(["cp", "-Rp", f"{_prepared_folder()}/.", run], check=True)  # shutil would lose the data's owner
    with temporary_servers(run, fast=change is None) as (supervisor, urls):
        own = {"PUBLIC_URL": options.public_url, "SIGN_UPS_PER_MINUTE": "1000"}  # all tests share one address
        env = _environment(run, urls) | own | limits(options, {}) | NO_CHANCE | settings
        site = Site(supervisor, env, options.public_url, json.loads((run / TOKENS).read_text()))
        left_out = set() if change else {"beat"} | (set() if sends_mail else {"delivery"})
        site.services = [service for service in services(options, env) if service.name not in left_out]
        if change:
            change(site)
        for service in site.services:
            supervisor.start(service)
        supervisor.wait_for(lambda: is_answering(options), site.service("web"), 60)
        read = "SELECT 1 FROM predictions_submission WHERE status = 'succeeded'"
        site.wait_until(lambda: bool(site.query(read)), 60)
        yield site


@functools.cache
def _prepared_folder() -> Path:
    """Return a run folder with a migrated database, accounts, tokens and a waiting golden digit, for sites to copy.

    The first process makes it and the others wait for its lock.
    """
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    base = Path(os.environ["INKLING_RUN_DIR"]) if run_id else short_folder()
    folder = base / f"prepared-{run_id or 'site'}"
    with (base / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = open_run_folder(base / f"{folder.name}.new")
            _prepare(draft)
            draft.rename(folder)
    if not run_id:
        atexit.register(shutil.rmtree, base, ignore_errors=True)
    return folder


def _prepare(folder: Path) -> None:
    supervisor = Supervisor(folder / "logs")
    try:
        urls = start_servers(supervisor, folder, {}, fast=True)
        env = _environment(folder, urls)
        _manage(supervisor, env, "prepare", stdin=json.dumps({"accounts": PASSWORDS}))
        tokens = _manage(supervisor, env, "shell", "--no-imports", "-c", _MAKE_TOKENS)
        (folder / TOKENS).write_text(tokens.strip().splitlines()[-1])
    finally:
        supervisor.stop()
    for name in ("logs", "sockets"):
        shutil.rmtree(folder / name)


def _environment(run: Path, urls: dict[str, str]) -> dict[str, str]:
    """Return a site's environment, with the secret key under which the models in its database were signed."""
    own = {"SECRET_KEY": keep_secrets(run)["secret_key"]}
    return clean_environment() | site_settings(str(run)) | own | urls


def _manage(supervisor: Supervisor, env: dict[str, str], *arguments: str, stdin: str = "") -> str:
    status, printed = supervisor.run("manage", [str(venv.PYTHON), "manage.py", *arguments], env, stdin=stdin)
    assert status == 0, supervisor.tail("manage")
    return printed
