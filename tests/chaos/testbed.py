"""A site with switches to break it: proxies between its parts, a small disk, shiftable clocks."""

import contextlib
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import redis

from local.paths import server_folder, server_user, short_folder
from tests.chaos.pgbouncer import make_pgbouncer
from tests.chaos.proxy import Proxy
from tests.site import Site, free_port, open_site

DISK = "1g"
HERE = Path(__file__).parent
OWN_CLOCKS = ("web", "worker-1", "beat")


class Testbed:
    """A site and the switches that break it."""

    def __init__(self, folder: Path, has_disk: bool, has_pgbouncer: bool = False) -> None:
        self.folder = folder
        self.has_disk = has_disk
        self.has_pgbouncer = has_pgbouncer
        self.clocks: dict[str, Path] = {}
        self.proxies: dict[str, Proxy] = {}
        self.held_connections: list[psycopg.Connection] = []
        self.site: Site

    @property
    def has_clocks(self) -> bool:
        """Return whether clocks can be shifted, which needs a C compiler."""
        return bool(self.clocks)

    def prepare(self, site: Site) -> None:
        """Put a proxy between each two parts, and set up clocks, before the site starts."""
        self.site = site
        library = self._make_clock()
        at = urlsplit(site.env["REDIS_URL"])
        database = urlsplit(site.env["DATABASE_URL"])
        server: str | int = f"{parse_qs(database.query)['host'][0]}/.s.PGSQL.5432"
        pooler = free_port() if self.has_pgbouncer else None
        for service in site.services:
            service.command = [self._own_schedule(word) for word in service.command]
            part = service.name.rstrip("-0123456789")
            redis_port = self._proxy_port(f"{part}-redis", unquote(at.path))
            url = f"postgres://{database.username}:{database.password}@127.0.0.1:%s/inkling"
            service.env = service.env | {
                "DATABASE_URL": url % self._proxy_port(f"{part}-postgres", pooler or server),
                "DATABASE_DIRECT_URL": url % self._proxy_port(f"{part}-direct", server) if pooler else "",
                "REDIS_URL": f"redis://:{at.password}@127.0.0.1:{redis_port}/0",
            }
            if library and service.name in OWN_CLOCKS:
                clock = self.clocks[service.name] = self.folder / f"clock-{service.name}"
                clock.write_bytes(struct.pack("d", 0.0))
                service.env |= {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(clock)}
        self._proxy_port("client-web", int(urlsplit(site.url).port or 0))
        if pooler:
            self._put_in_between(pooler, server, str(database.password))

    def _put_in_between(self, pooler: int, server: str | int, password: str) -> None:
        """Add a pgbouncer that listens at the port `pooler`, and give the role what it cannot pass on."""
        site = self.site
        user = server_user(server_folder(self.folder))
        port = self._proxy_port("pgbouncer-postgres", server)
        site.services.insert(0, make_pgbouncer(server_folder(self.folder), pooler, port, password, user))
        site.manage("prepare", DATABASE_DIRECT_URL=site.env["DATABASE_URL"])

    def _own_schedule(self, word: str) -> str:
        """Return `word` with beat's schedule in this site's folder."""
        return str(self.folder / "beat-schedule") if word.endswith("beat-schedule") else word

    def _proxy_port(self, name: str, target: str | int) -> int:
        if name not in self.proxies:
            self.proxies[name] = Proxy(target)
        return self.proxies[name].port

    def _make_clock(self) -> Path | None:
        made = self.folder / "clock.so"
        if not shutil.which("cc"):
            return None
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", made, HERE / "clock.c", "-ldl"], check=True)
        return made

    def jump(self, name: str, seconds: float) -> None:
        """Shift the clock of one process by `seconds`."""
        with self.clocks[name].open("r+b") as file:
            file.write(struct.pack("d", seconds))

    def redis(self) -> redis.Redis:
        """Return a client of the site's Redis, bypassing the proxies."""
        return redis.Redis.from_url(self.site.env["REDIS_URL"])

    def take_all_connections(self) -> None:
        """Take every connection that Postgres allows."""
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                self.held_connections.append(psycopg.connect(self.site.env["DATABASE_URL"]))

    def release_connections(self) -> None:
        while self.held_connections:
            self.held_connections.pop().close()

    def fill_disk(self) -> None:
        """Leave no byte free under the servers' data."""
        for size in (2**20, 2**12):
            with contextlib.suppress(OSError), (self.folder / "filler").open("ab", buffering=0) as file:
                while file.write(bytes(size)):
                    pass

    def free_disk(self) -> None:
        (self.folder / "filler").unlink()


@contextlib.contextmanager
def open_testbed(workers: int, has_pgbouncer: bool = False, **settings: str) -> Iterator[Testbed]:
    """Start a site that can be broken and remove it afterwards. For root, its data is on a disk of size DISK.

    has_pgbouncer: whether all but what needs a session of its own passes a pgbouncer.
    """
    folder = short_folder()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=711", "tmpfs", str(folder)]
    has_disk = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    testbed = Testbed(folder, has_disk, has_pgbouncer)
    try:
        with open_site(workers, folder, testbed.prepare, **settings) as site:
            testbed.site = site
            yield testbed
    finally:
        for proxy in testbed.proxies.values():
            proxy.close()
        if has_disk:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)
