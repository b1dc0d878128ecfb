"""Between us and who started us: what is told, one line at a time, and the signals that end us."""

import contextlib
import os
import signal
import sys
import time
from types import FrameType

_STARTED = time.monotonic()


class SetupError(Exception):
    """Something a person can put right; its text is the sentence that tells them how."""


class Stopped(BaseException):
    """Something asked us to end, mostly a signal. Like KeyboardInterrupt it passes every `except Exception`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def say(text: str = "") -> None:
    """Print one line at once. A terminal that is gone is no reason to leave children behind."""
    _write(f"{text}\n")


def step(text: str) -> None:
    """Say what is being done, with the seconds since the start."""
    _write(f"[{time.monotonic() - _STARTED:5.1f} s] {text}\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        # Keep Python's own flush at exit from failing on the same broken pipe.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def listen_for_the_end() -> None:
    """Let the first of SIGINT, SIGTERM and SIGHUP raise Stopped; later ones do not disturb the tidying.

    A SIGHUP that nohup told us to ignore stays ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    stop(signal.Signals(number).name)


def stop(reason: str) -> None:
    """Raise Stopped, and hear no further signal."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped(reason)


def end_if_orphaned() -> None:
    """Raise Stopped if make, which told us its process id in INKLING_PARENT, is gone (`kill -9` tells nobody)."""
    parent = os.environ.get("INKLING_PARENT", "")
    if parent.isdigit() and int(parent) != os.getppid():
        stop("the end of make")
