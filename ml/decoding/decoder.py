"""Start the process that decodes large pictures, send it pictures, and survive its end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any

from PIL import Image

from ml.image_files.types import ImageFile, TooLarge, UnreadableImage
from ml.uploads import DAMAGED, KEPT_SIDE_PX

ROOT = Path(__file__).resolve().parent.parent.parent
BANDS = {"L": 1, "RGB": 3, "RGBA": 4}
CPU_S, WALL_S = 3, 10.0  # of one picture, at most; `ml.image_files.costs` refuses what takes a tenth of that
MEMORY_BYTES = 320_000_000
PICTURES = 200  # then a fresh process takes its place
PASSED_ON = ("LD_LIBRARY_PATH",)  # of the environment, where Python itself needs it: no secret
TOO_DEAR = "This image takes too much time or memory to decode. Make it smaller."


class DecoderKilled(RuntimeError):
    """The process was killed from outside, so that the picture may be tried again."""


class _Ended(Exception):
    """The process ended."""


class Decoder:
    """A process that decodes pictures, started by the first. Thread-safe; one picture at a time.

    It inherits no environment, file or connection, and ends with this process, since its standard input ends then.
    """

    def __init__(self, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES, wall_s: float = WALL_S) -> None:
        self._limits = str(memory_bytes), str(cpu_s)
        self._wall_s = wall_s
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pictures = 0

    @property
    def pid(self) -> int | None:
        """Return the id of the process, or None while there is none."""
        return self._process.pid if self._process else None

    def decode(self, file: ImageFile) -> Image.Image:
        """Decode a file as `ml.uploads.decode_checked` does. Raises UnreadableImage, TooLarge, DecoderKilled."""
        with self._lock:
            if self._process and (self._process.poll() is not None or self._pictures >= PICTURES):
                self._close()
            if self._process is None:
                self._start()
            self._pictures += 1
            return self._ask(file)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._close()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-E", "-s", "-B", "-W", "ignore", "-m", "ml.decoding", *self._limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        )
        self._pictures = 0

    def _close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def _ask(self, file: ImageFile) -> Image.Image:
        process = self._process
        assert process is not None  # noqa: S101 - started by the caller
        is_late = Event()

        def give_up() -> None:
            is_late.set()
            process.kill()

        timer = Timer(self._wall_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(process, file)
        except (_Ended, OSError):
            status = process.wait()
            self._close()
            raise _reason(status, is_late.is_set()) from None
        except (TooLarge, UnreadableImage):
            raise
        except ValueError as problem:  # an answer that ours never gives: it is not to be trusted any more
            self._close()
            raise UnreadableImage(DAMAGED) from problem
        finally:
            timer.cancel()

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], file: ImageFile) -> Image.Image:
        assert process.stdin and process.stdout  # noqa: S101 - pipes
        data = file.without_metadata()
        request = {name: getattr(file, name) for name in ("format", "width", "height", "orientation")}
        process.stdin.write(json.dumps(request | {"bytes": len(data)}).encode() + b"\n" + data)
        process.stdin.flush()
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            raise _Ended
        about: dict[str, Any] = json.loads(line)
        if problem := about.get("error"):
            raise TooLarge(TOO_DEAR) if problem == "too_large" else UnreadableImage(DAMAGED)
        mode, size = about["mode"], (int(about["width"]), int(about["height"]))
        if mode not in BANDS or not 1 <= min(size) <= max(size) <= KEPT_SIDE_PX:
            raise ValueError("The decoder's answer is not a picture.")
        count = size[0] * size[1] * BANDS[mode]
        pixels = process.stdout.read(count)
        if len(pixels) < count:
            raise _Ended
        image = Image.frombytes(mode, size, pixels)
        image.info = {"scale": float(about["scale"])}
        return image


def _reason(status: int, is_late: bool) -> Exception:
    """Return the error of a picture whose process ended."""
    if is_late or status == -signal.SIGXCPU:
        return TooLarge(TOO_DEAR)
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        return DecoderKilled(f"the decoder was ended by signal {-status}")
    return UnreadableImage(DAMAGED)
