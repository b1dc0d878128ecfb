"""Decode pictures from standard input to standard output until it ends; see `ml.decoding.decoder`.

    python -m ml.decoding MEMORY_BYTES CPU_S

A request is a line of JSON (format, width, height, orientation, bytes) and so many bytes of the file; a response is a
line of JSON (mode, width, height, scale) and the pixels, or the line alone with an error.
"""

import json
import signal
import sys
from typing import Any, BinaryIO

from ml import uploads
from ml.decoding.limits import limit_cpu, limit_process
from ml.image_files.types import ImageFile, TooLarge


def main() -> None:
    """Answer requests until standard input ends, as it does with the process that started this one."""
    memory_bytes, cpu_s = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which may finish its batch
    limit_process(memory_bytes)
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        limit_cpu(cpu_s)
        about, pixels = _answer(json.loads(line), requests)
        responses.write(json.dumps(about).encode() + b"\n" + pixels)
        responses.flush()


def _answer(request: dict[str, Any], requests: BinaryIO) -> tuple[dict[str, Any], bytes]:
    try:
        data = requests.read(request.pop("bytes"))
        image = uploads.decode_checked(ImageFile(**request, cost_ms=0.0, parts=(data,)))
        about = {"mode": image.mode, "width": image.width, "height": image.height, "scale": image.info["scale"]}
        return about, image.tobytes()
    except (TooLarge, MemoryError):
        return {"error": "too_large"}, b""
    except uploads.UnreadableImage:
        return {"error": "unreadable"}, b""


if __name__ == "__main__":
    main()
