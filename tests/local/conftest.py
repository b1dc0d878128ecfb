"""A small checkout for tests of `local`: the real programs and a minimal site, nothing to download."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import venv
from local.servers.start import temporary_servers

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


class Checkout:
    """A small checkout, and what a user does in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_folder = path / ".run"
        self._started: list[subprocess.Popen[str]] = []

    def make(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start `make WORDS`, in a process group of its own as a terminal would."""
        output = self.path / "output"
        with output.open("w") as file:
            process = subprocess.Popen(
                ["make", *words], cwd=self.path, stdout=file, stderr=subprocess.STDOUT, text=True,
                start_new_session=True, env=clean_environment() | environment,
            )  # fmt: skip
        self._started.append(process)
        return process

    def output(self) -> str:
        """Return what the last `make` has printed so far."""
        return (self.path / "output").read_text()

    def wait_for_output(self, pattern: str, limit_s: float = 60) -> str:
        """Wait until `pattern` was printed, and return the output."""
        wait_until(lambda: re.search(pattern, self.output()) is not None, limit_s, self.output)
        return self.output()

    def processes(self) -> dict[int, str]:
        """Return the command of every running process of this checkout, by process id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                is_ours = str(self.path) in command or (folder / "cwd").resolve() == self.path
                if is_ours and "zombie" not in (folder / "status").read_text():
                    found[int(folder.name)] = command
            except OSError:
                continue
        return found

    def starter(self, make: subprocess.Popen[str]) -> int:
        """Return the process id of `local`, which is make's only child."""
        children = Path(f"/proc/{make.pid}/task/{make.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def end(self) -> None:
        """Stop what a test left running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        self._started.clear()
        wait_until(lambda: not self.processes(), 15, lambda: str(self.processes()))


def clean_environment() -> dict[str, str]:
    """Return the environment without the servers of the test run."""
    unwanted = {"DATABASE_URL", "REDIS_URL", "HOST", "PORT", "WORKERS", "MAKEFLAGS", "MAKELEVEL", "INKLING_PARENT"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PYTHON": sys.executable}


def wait_until(is_so: Callable[[], bool], limit_s: float, describe: Callable[[], str] = lambda: "too late") -> None:
    """Wait until `is_so()`, or fail with `describe()`."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, describe()
        time.sleep(0.05)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def small_checkout() -> Iterator[Checkout]:
    """Create a small checkout whose `.venv` uses the packages that run these tests.

    It is in /tmp, because Postgres' user cannot reach pytest's folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="ink-", dir="/tmp"))
    folder.chmod(0o711)
    path = folder / "checkout"
    shutil.copytree(HERE / "site", path, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config/gunicorn.py", path / "config")
    for name in ("config/connections", "config/logs", "predictions/monitoring"):  # gunicorn's configuration needs them
        shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "local", path / "local", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", path)
    (path / "requirements").mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path / ".venv"], check=True)
    packages = next((path / ".venv/lib").glob("python*/site-packages"))
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in ("worker", "dev", "local"):
        (path / f"requirements/{name}.txt").write_text("")
        (path / f".venv/.inkling-{name}").write_text(venv.fingerprint(path / f"requirements/{name}.txt"))
    yield Checkout(path)
    shutil.rmtree(folder)


@pytest.fixture
def checkout(small_checkout: Checkout) -> Iterator[Checkout]:
    """Return the small checkout with nothing running in it and the `.run/` of an earlier test."""
    yield small_checkout
    small_checkout.end()


@pytest.fixture
def fresh_checkout(checkout: Checkout) -> Checkout:
    """Return the small checkout as it is after a clone."""
    shutil.rmtree(checkout.run_folder, ignore_errors=True)
    return checkout


@pytest.fixture
def other_servers() -> Iterator[dict[str, str]]:
    """Start servers outside the checkout and return their DATABASE_URL and REDIS_URL."""
    with temporary_servers() as (_, urls):
        yield {name: urls[name] for name in ("DATABASE_URL", "REDIS_URL")}
