"""Decode files from standard input to standard output until it ends; see `ml.decoding.process`.

    python -m ml.decoding MEMORY_BYTES CPU_S

A request is a line of JSON (what: "drawing", "photograph" or "pdf", and the fields of an ImageFile or the limits of a
PDF; bytes) and so many bytes of the file. A response is a line of JSON and the pixels of a picture (mode, width,
height, scale), or a line and a JPEG for each page of a PDF (bytes) and a line that says "end", or a line with an error.
"""

import json
import signal
import sys
from collections.abc import Iterator
from typing import Any

from PIL import Image

from ml import uploads
from ml.decoding.limits import limit_cpu, limit_process
from ml.image_files.types import ImageFile, TooLarge

Answer = tuple[dict[str, Any], bytes]


def main() -> None:
    """Answer requests until standard input ends, as it does with the process that started this one."""
    memory_bytes, cpu_s = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which may finish its batch
    limit_process(memory_bytes)
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        limit_cpu(cpu_s)
        request = json.loads(line)
        data = requests.read(request.pop("bytes"))
        for about, payload in _answer(request, data):
            responses.write(json.dumps(about).encode() + b"\n" + payload)
            responses.flush()


def _answer(request: dict[str, Any], data: bytes) -> Iterator[Answer]:
    what = request.pop("what")
    try:
        if what == "pdf":
            yield from _render_pdf(data, **request)
        else:
            file = ImageFile(**request, cost_ms=0.0, parts=(data,))
            yield _decode_photograph(file) if what == "photograph" else _decode_drawing(file)
    except (TooLarge, MemoryError):
        yield {"error": "too_large"}, b""
    except uploads.UnreadableImage:
        yield {"error": "unreadable"}, b""


def _decode_drawing(file: ImageFile) -> Answer:
    image = uploads.decode_checked(file)
    return _describe(image, image.info["scale"]), image.tobytes()


def _decode_photograph(file: ImageFile) -> Answer:
    from ml.decoding.photographs import decode_photograph

    page = decode_photograph(file)
    return _describe(page, max(page.size) / max(file.width, file.height)), page.tobytes()


def _describe(image: Image.Image, scale: float) -> dict[str, Any]:
    return {"mode": image.mode, "width": image.width, "height": image.height, "scale": scale}


def _render_pdf(data: bytes, **limits: int) -> Iterator[Answer]:
    from ml.decoding.pdf import TooMany, WrongPassword, render_pages  # PDFium is for PDFs alone

    try:
        for page in render_pages(data, **limits):
            yield {"bytes": len(page)}, page
        yield {"end": True}, b""
    except WrongPassword:
        yield {"error": "protected"}, b""
    except TooMany:
        yield {"error": "too_many_pages"}, b""


if __name__ == "__main__":
    main()
