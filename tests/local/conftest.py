"""A small checkout of its own for `local`: the real programs, a site as small as can be, nothing to download."""

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
    """A small checkout, and what a person does in it."""

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
        """What the last `make` has printed so far."""
        return (self.path / "output").read_text()

    def wait_for_words(self, pattern: str, limit_s: float = 60) -> str:
        """What was printed once `pattern` is in it."""
        wait_until(lambda: re.search(pattern, self.output()) is not None, limit_s, self.output)
        return self.output()

    def processes(self) -> dict[int, str]:
        """Every living process whose command names this checkout."""
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
        """The process id of `local`, which is make's only child."""
        children = Path(f"/proc/{make.pid}/task/{make.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def end(self) -> None:
        """End what a test left running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        self._started.clear()
        wait_until(lambda: not self.processes(), 15, lambda: str(self.processes()))


def clean_environment() -> dict[str, str]:
    """The environment without the servers that the tests themselves were given."""
    unwanted = {"DATABASE_URL", "REDIS_URL", "HOST", "PORT", "WORKERS", "MAKEFLAGS", "MAKELEVEL", "INKLING_PARENT"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PYTHON": sys.executable}


def wait_until(is_so: Callable[[], bool], limit_s: float, told: Callable[[], str] = lambda: "too late") -> None:
    """Wait until `is_so()`, or fail with `told()`."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def small_checkout() -> Iterator[Checkout]:
    """A small checkout whose `.venv` borrows the packages that run these tests.

    Below /tmp, for Postgres' own user cannot reach pytest's folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="ink-", dir="/tmp"))
    folder.chmod(0o711)
    path = folder / "checkout"
    shutil.copytree(HERE / "site", path, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config/gunicorn.py", path / "config")
    shutil.copytree(ROOT / "local", path / "local", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", path)
    (path / "requirements").mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path / ".venv"], check=True)
    packages = next((path / ".venv/lib").glob("python*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in ("worker", "dev", "local"):
        (path / f"requirements/{name}.txt").write_text("")
        (path / f".venv/.inkling-{name}").write_text(venv.fingerprint(path / f"requirements/{name}.txt"))
    yield Checkout(path)
    shutil.rmtree(folder)


@pytest.fixture
def checkout(small_checkout: Checkout) -> Iterator[Checkout]:
    """The small checkout with nothing running in it; what an earlier test's `.run/` holds is still there."""
    yield small_checkout
    small_checkout.end()


@pytest.fixture
def fresh_checkout(checkout: Checkout) -> Checkout:
    """The small checkout as it is after a clone."""
    shutil.rmtree(checkout.run_folder, ignore_errors=True)
    return checkout


@pytest.fixture
def other_servers() -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of servers that are not the checkout's own."""
    with temporary_servers() as (_, urls):
        yield {name: urls[name] for name in ("DATABASE_URL", "REDIS_URL")}
