"""Output, one line at a time, and the signals that stop us."""

import contextlib
import os
import signal
import sys
import time
from types import FrameType

_STARTED = time.monotonic()


class SetupError(Exception):
    """A problem that the user can fix; its text says how."""


class Stopped(BaseException):
    """A request to stop, usually a signal. Like KeyboardInterrupt, it is no `Exception`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def say(text: str = "") -> None:
    """Print and flush one line. Ignores a closed terminal, so that children are still stopped."""
    _write(f"{text}\n")


def step(text: str) -> None:
    """Print what is being done, with the seconds since the start."""
    _write(f"[{time.monotonic() - _STARTED:5.1f} s] {text}\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        # Keep Python's own flush at exit from failing on the same broken pipe.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def handle_stop_signals() -> None:
    """Let the first SIGINT, SIGTERM or SIGHUP raise Stopped, and ignore later ones during cleanup.

    A SIGHUP that nohup ignores stays ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    stop(signal.Signals(number).name)


def stop(reason: str) -> None:
    """Raise Stopped, and ignore further signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped(reason)


def end_if_orphaned() -> None:
    """Raise Stopped if make, whose process id is in INKLING_PARENT, is gone: `kill -9` sends us no signal."""
    parent = os.environ.get("INKLING_PARENT", "")
    if parent.isdigit() and int(parent) != os.getppid():
        stop("the end of make")
