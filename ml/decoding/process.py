"""A process that decodes files under the operating system's limits, asked through its standard input and output."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer
from typing import Any, BinaryIO, TypeVar, cast

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent.parent
PASSED_ON = ("LD_LIBRARY_PATH",)  # of the environment, where Python itself needs it: no secret


class DecoderKilled(RuntimeError):
    """The process was killed from outside, so that the file may be tried again."""


class TooSlow(Exception):
    """The file took more CPU or wall time than allowed."""


class Crashed(Exception):
    """The process ended by itself, or its answer can't be trusted."""


class Ended(Exception):
    """The process ended in the middle of an answer."""


class LimitedProcess:
    """`python -m ml.decoding`, started by the first request; one request at a time.

    It inherits no environment, file or connection, and ends with this process, since its standard input ends then.
    """

    def __init__(self, cpu_s: int, memory_bytes: int, wall_s: float) -> None:
        self._limits = str(memory_bytes), str(cpu_s)
        self.wall_s = wall_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the id of the process, or None while there is none."""
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        """Return whether there is a process that has not ended."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def ask(self, request: dict[str, Any], data: bytes, read_answer: Callable[[dict[str, Any], BinaryIO], T]) -> T:
        """Send a request with a file, and return what `read_answer` makes of the answer's line and what follows it.

        Errors of `read_answer` are raised as they are and leave the process alive, but for Ended, Crashed and OSError.

        Raises:
            TooSlow, Crashed, DecoderKilled: the process is gone; the next request starts another.
        """
        process = self._process = self._process or self._start()
        is_late = Event()

        def give_up() -> None:
            is_late.set()
            process.kill()

        timer = Timer(self.wall_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(process, request, data, read_answer)
        except (Ended, OSError):
            status = process.wait()
            self.close()
            raise _reason(status, is_late.is_set()) from None
        except Crashed:
            self.close()
            raise
        finally:
            timer.cancel()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-E", "-s", "-B", "-W", "ignore", "-m", "ml.decoding", *self._limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        )

    @staticmethod
    def _exchange(
        process: "subprocess.Popen[bytes]",
        request: dict[str, Any],
        data: bytes,
        read_answer: Callable[[dict[str, Any], BinaryIO], T],
    ) -> T:
        assert process.stdin and process.stdout  # noqa: S101 - pipes
        process.stdin.write(json.dumps(request | {"bytes": len(data)}).encode() + b"\n" + data)
        process.stdin.flush()
        answers = cast(BinaryIO, process.stdout)
        return read_answer(read_line(answers), answers)


def read_line(answers: BinaryIO) -> dict[str, Any]:
    """Return a line of JSON. Raises Ended, Crashed."""
    line = answers.readline()
    if not line.endswith(b"\n"):
        raise Ended
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError) as problem:  # an answer that ours never gives
        raise Crashed from problem


def read_bytes(answers: BinaryIO, count: int) -> bytes:
    """Return `count` bytes. Raises Ended."""
    data = answers.read(count)
    if len(data) < count:
        raise Ended
    return data


def _reason(status: int, is_late: bool) -> Exception:
    """Return the error of a file whose process ended."""
    if is_late or status == -signal.SIGXCPU:
        return TooSlow()
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        return DecoderKilled(f"the decoder was ended by signal {-status}")
    return Crashed()
