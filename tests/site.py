"""A whole site of our own for tests: real servers, web and workers, started as `make run` starts them."""

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import requests

from local import venv
from local.options import Doors
from local.run import answers, limits, services
from local.servers.start import clean_environment, temporary_servers
from local.supervisor import Service, Supervisor
from local.testing import site_settings

PASSWORDS = {name: f"{name} draws digits well" for name in ("alice", "bob", "carol", "admin")}


class Site:
    """A running site: its address, its processes, and questions to its database."""

    def __init__(self, supervisor: Supervisor, env: dict[str, str], doors: Doors) -> None:
        self.supervisor = supervisor
        self.env = env
        self.url = doors.public_url
        self.services: list[Service] = []
        self._tokens: dict[str, str] = {}

    def manage(self, *arguments: str, words: str = "") -> str:
        """Run a management command and give what it printed; it must end well."""
        command = [str(venv.PYTHON), "manage.py", *arguments]
        status, said = self.supervisor.run("manage", command, self.env, words=words)
        assert status == 0, self.supervisor.tail("manage")
        return said

    def token(self, name: str = "alice") -> str:
        """Return an API token of `name`, made once."""
        if name not in self._tokens:
            self._tokens[name] = self.manage("create_token", name).strip().splitlines()[-1]
        return self._tokens[name]

    def request(self, method: str, path: str, user: str = "alice", **options: Any) -> requests.Response:
        """Call the API as `user`; `path` starts with a slash."""
        headers = {"Authorization": f"Token {self.token(user)}", **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the site's database directly."""
        with psycopg.connect(self.env["DATABASE_URL"]) as database:
            return database.execute(sql, values).fetchall()  # type: ignore[call-overload]

    def service(self, name: str) -> Service:
        """Return the supervised child of that name: postgres, redis, web, worker-1 ..."""
        return next(service for service in self.supervisor.services if service.name == name)

    def kill(self, name: str, with_signal: int = signal.SIGKILL) -> None:
        """kill -9 the child; it is started again while somebody waits with `wait_until`, if it restarts."""
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
    """Return a port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def open_site(
    workers: int = 1, run: Path | None = None, change: Callable[[Site], None] | None = None, **settings: str
) -> Iterator[Site]:
    """Start PostgreSQL, Redis, web and workers with accounts for PASSWORDS; all is gone afterwards.

    run: the folder of the servers' data, a fresh one unless given. change: may change `site.services` before they are
    started; without it there is no clock, and PostgreSQL may forget when it is killed.
    settings: environment variables of the site, over the usual ones, which are `make run`'s on loopback.
    """
    doors = Doors(host="127.0.0.1", port=free_port(), workers=workers, web_workers=2)
    with temporary_servers(run, fast=change is None) as (supervisor, urls):
        env = clean_environment() | site_settings(urls["INKLING_RUN_DIR"]) | urls
        own = {"PUBLIC_URL": doors.public_url, "SIGN_UPS_PER_MINUTE": "1000"}  # everybody comes from one address
        env |= own | limits(doors, {}) | settings
        site = Site(supervisor, env, doors)
        site.manage("prepare", words=json.dumps({"accounts": PASSWORDS}))
        site.services = [service for service in services(doors, env) if change or service.name != "beat"]
        if change:
            change(site)
        for service in site.services:
            supervisor.start(service)
        supervisor.wait_for(lambda: answers(doors), site.service("web"), 60)
        site.manage("read_golden", "--timeout", "60")
        yield site
