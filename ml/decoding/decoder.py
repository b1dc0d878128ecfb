"""Decode large pictures of drawings in a process of its own, and survive its end."""

from threading import Lock
from typing import Any, BinaryIO

from PIL import Image

from ml.decoding.process import Crashed, LimitedProcess, TooSlow, read_bytes
from ml.decoding.process import DecoderKilled as DecoderKilled  # part of what this module offers
from ml.image_files.types import ImageFile, TooLarge, UnreadableImage
from ml.uploads import DAMAGED, KEPT_SIDE_PX

BANDS = {"L": 1, "RGB": 3, "RGBA": 4}
CPU_S, WALL_S = 3, 10.0  # of one picture, at most; `ml.image_files.costs` refuses what takes a tenth of that
MEMORY_BYTES = 320_000_000
PICTURES = 200  # then a fresh process takes its place
TOO_DEAR = "This image takes too much time or memory to decode. Make it smaller."


class Decoder:
    """A process that decodes pictures, started by the first. Thread-safe; one picture at a time."""

    def __init__(self, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES, wall_s: float = WALL_S) -> None:
        self._lock = Lock()
        self._process = LimitedProcess(cpu_s, memory_bytes, wall_s)
        self._pictures = 0

    @property
    def pid(self) -> int | None:
        """Return the id of the process, or None while there is none."""
        return self._process.pid

    def decode(self, file: ImageFile) -> Image.Image:
        """Decode a file as `ml.uploads.decode_checked` does. Raises UnreadableImage, TooLarge, DecoderKilled."""
        with self._lock:
            if not self._process.is_alive or self._pictures >= PICTURES:
                self._process.close()
                self._pictures = 0
            self._pictures += 1
            try:
                return self._process.ask(make_request("drawing", file), file.without_metadata(), _read_picture)
            except TooSlow:
                raise TooLarge(TOO_DEAR) from None
            except Crashed as problem:
                raise UnreadableImage(DAMAGED) from problem

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._process.close()


def make_request(what: str, file: ImageFile) -> dict[str, Any]:
    """Return the request to decode a file as `what`, a drawing or a photograph."""
    return {"what": what} | {name: getattr(file, name) for name in ("format", "width", "height", "orientation")}


def _read_picture(about: dict[str, Any], answers: BinaryIO) -> Image.Image:
    """Return the picture of an answer. Raises UnreadableImage, TooLarge, or as `LimitedProcess.ask` wants it."""
    if problem := about.get("error"):
        raise TooLarge(TOO_DEAR) if problem == "too_large" else UnreadableImage(DAMAGED)
    mode, size, scale = read_shape(about)
    image = Image.frombytes(mode, size, read_bytes(answers, size[0] * size[1] * BANDS[mode]))
    image.info = {"scale": scale}
    return image


def read_shape(about: dict[str, Any], side_px: int = KEPT_SIDE_PX) -> tuple[str, tuple[int, int], float]:
    """Return mode, size and scale that an answer states. Raises Crashed unless they are those of a kept picture."""
    try:
        mode, size, scale = about["mode"], (int(about["width"]), int(about["height"])), float(about["scale"])
    except (KeyError, TypeError, ValueError) as problem:
        raise Crashed from problem
    if mode not in BANDS or not 1 <= min(size) <= max(size) <= side_px:
        raise Crashed
    return mode, size, scale
