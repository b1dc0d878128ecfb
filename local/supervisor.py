"""Supervise child processes: none outlives us, dead ones are restarted, and all are stopped in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from local.cleanup import Cleanup
from local.paths import ROOT
from local.terminal import SetupError, end_if_orphaned, say

HERE = Path(__file__).resolve().parent
POLL_S = 0.1
PATIENCE_S = 4.5  # for each of at most three waves (a command, apps, servers): 15 s in all
STABLE_S = 30.0  # after this long, the backoff of a child starts over
LONGEST_PAUSE_S = 30.0
LOG_LIMIT_BYTES = 10_000_000


@dataclass
class Service:
    """A program to keep running as long as we run."""

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path = Path("/")
    user: str = "-"  # "uid:gid", or "-" for our own
    stop_signal: int = signal.SIGTERM
    death_signal: int | None = None  # sent by the kernel when we are killed; default: `stop_signal`
    is_server: bool = False  # stopped after the services that use it
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0
    deaths: int = 0
    next_start: float = 0.0


class Supervisor:
    """Our children, and the cleanup process that stops them if we are killed.

    Use it from the main thread only: the kernel's death signal belongs to the thread that forked.
    """

    def __init__(self, logs: Path, lock_fd: int | None = None) -> None:
        self.logs = logs
        self.services: list[Service] = []
        self._earlier: dict[str, int] = {}  # the length of each log when we started
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.cleanup = Cleanup(lock_fd)

    def start(self, service: Service) -> None:
        """Start `service` with its output in its own log, and keep it running."""
        if service not in self.services:
            self.services.append(service)
            trim_log(self.log_of(service.name))
        death = service.stop_signal if service.death_signal is None else service.death_signal
        with self._open_log(service.name) as log:
            service.process = self._spawn(
                service.command, death, service.user,
                env=service.env, cwd=service.cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        service.started_at = time.monotonic()

    def tend(self) -> None:
        """Check every child once: report those that exited, and restart those whose pause is over."""
        end_if_orphaned()
        self.cleanup.ensure()
        now = time.monotonic()
        for service in self.services:
            if service.process and service.process.poll() is not None:
                self._handle_exit(service, service.process, now)
            if service.process is None and service.restarts and now >= service.next_start:
                self.start(service)

    def watch(self) -> None:
        """Tend the children until a signal raises Stopped."""
        while True:
            self.tend()
            time.sleep(POLL_S)

    def wait_for(self, is_ready: Callable[[], bool], service: Service, limit_s: float) -> None:
        """Tend the children until `is_ready()`. Raises SetupError, with the end of its log, if `service` fails."""
        deadline = time.monotonic() + limit_s
        while not is_ready():
            self.tend()
            if service.deaths >= 3 or time.monotonic() > deadline or (service.deaths and not service.restarts):
                raise SetupError(f"{service.name} does not start.\n{self.tail(service.name)}")
            time.sleep(POLL_S)

    def run(
        self, name: str, command: list[str], env: dict[str, str] | None = None, cwd: Path = ROOT,
        stdin: str = "", user: str = "-", shows: bool = False,
    ) -> tuple[int, str]:  # fmt: skip
        """Run `command` to its end while tending the others; return its exit status and its stdout.

        stderr goes to its log. With `shows`, stdin, stdout and stderr are the terminal's instead.
        """
        captured = self.log_of(f"{name}.out")
        with self._open_log(name) as log, captured.open("w+b") as out, _pipe_holding(stdin) as given:
            process = self._spawn(
                command, signal.SIGKILL, user, env=env, cwd=cwd,
                stdin=None if shows else given, stdout=None if shows else out, stderr=None if shows else log,
            )  # fmt: skip
            try:
                while process.poll() is None:
                    self.tend()
                    time.sleep(POLL_S / 4)
            finally:
                self._end([process], signal.SIGINT if shows else signal.SIGTERM)
            out.seek(0)
            text = out.read().decode(errors="replace")
        captured.unlink()
        return process.returncode, text

    def stop(self) -> None:
        """Stop every child, servers last; kill those that ignore their signal."""
        for wave in (False, True):
            group = [(each, each.process) for each in self.services if each.is_server is wave and each.process]
            for service, process in group:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(service.stop_signal)
            self._end([process for _, process in group])
        self.services.clear()
        self.cleanup.finish()

    def log_of(self, name: str) -> Path:
        """Return the path of the log of `name`."""
        return self.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 12) -> str:
        """Return the last lines of the log of `name` since we started, indented, after its path."""
        path = self.log_of(name)
        content = path.read_bytes()[self._earlier.get(name, 0) :] if path.exists() else b""
        text = content.decode(errors="replace").splitlines()[-lines:]
        return "\n".join([f"  the end of {path}:", *(f"    {line}" for line in text)])

    def _open_log(self, name: str) -> BinaryIO:
        """Open the log of `name` for appending, and remember where this run's part starts."""
        log = self.log_of(name).open("ab")
        self._earlier.setdefault(name, log.tell())
        return log

    def _spawn(self, command: list[str], death: int, user: str, **options: object) -> subprocess.Popen[bytes]:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start children from the main thread: their death signal belongs to its thread")
        launcher = [sys.executable, "-I", "-S", str(HERE / "child.py"), str(os.getpid()), str(int(death)), user, "--"]
        command = launcher + command
        process: subprocess.Popen[bytes] = subprocess.Popen(command, start_new_session=True, **options)  # type: ignore[call-overload]
        self.cleanup.watch_group(process.pid, death)
        return process

    def _handle_exit(self, service: Service, process: subprocess.Popen[bytes], now: float) -> None:
        status = process.returncode
        self._end([process])  # its remaining children
        service.process = None
        service.deaths = 1 if now - service.started_at > STABLE_S else service.deaths + 1
        pause_s = min(2.0 ** (service.deaths - 1) - 1, LONGEST_PAUSE_S)
        service.next_start = now + pause_s
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        again = (
            f"starting it again{f' in {pause_s:.0f} s' if pause_s else ''}"
            if service.restarts
            else "not starting it again"
        )
        say(f"{service.name} {how}; {again}. Its log: {self.log_of(service.name)}")

    def _end(self, processes: list[subprocess.Popen[bytes]], first: int | None = None) -> None:
        """Wait PATIENCE_S seconds in all for `processes`, then kill what remains of their groups."""
        for process in processes:
            if first is not None and process.poll() is None:
                process.send_signal(first)
        deadline = time.monotonic() + PATIENCE_S
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.cleanup.forget_group(process.pid)


@contextlib.contextmanager
def _pipe_holding(text: str) -> Iterator[int]:
    """Return the reading end of a pipe that holds `text`, so that no password is written to disk."""
    read_fd, write_fd = os.pipe()
    os.write(write_fd, text.encode())  # a few hundred bytes; a pipe holds at least 4,096
    os.close(write_fd)
    try:
        yield read_fd
    finally:
        os.close(read_fd)


def trim_log(path: Path) -> None:
    """Rename a log that exceeds LOG_LIMIT_BYTES to `.old`, replacing an earlier one."""
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.old"))
