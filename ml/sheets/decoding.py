"""Decode photographs and PDFs of pages in a process of its own, under limits of CPU, memory and wall time.

Each file gets a fresh process, which takes 60 ms to start: nothing of one sender's file is left when the next comes.
"""

from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.decoding.decoder import make_request, read_shape
from ml.decoding.photographs import SIDE_PX
from ml.decoding.process import Crashed, LimitedProcess, TooSlow, read_bytes, read_line
from ml.decoding.process import DecoderKilled as DecoderKilled  # part of what this module offers
from ml.sheets.files import (
    MAX_PDF_PAGES,
    TOO_DEAR,
    ProtectedPDF,
    TooLarge,
    TooManyPages,
    UnreadableImage,
    parse_page_image,
)
from ml.uploads import DAMAGED

MEMORY_BYTES = 320_000_000
IMAGE_CPU_S, PDF_CPU_S, WALL_S = 6, 10, 15.0  # below WATCHDOG_S, which ends a worker that hangs
PAGE_BYTES = 3_000_000  # of a rendered page
DAMAGED_PDF = "This PDF can't be read. Print it into a new PDF, or photograph its pages."
DEAR_PDF = "This PDF takes too much time or memory to read. Photograph its pages, or send fewer of them at once."
PROTECTED = "This PDF has a password. Save it without one, then send it again."
TOO_MANY_PAGES = f"This PDF has too many pages: the limit is {MAX_PDF_PAGES}. Send it in parts."

T = TypeVar("T")


def open_image(data: bytes) -> NDArray[np.uint8]:
    """Return a photograph as (h, w) uint8 grey, upright by its EXIF, its longer side at most 4,096 px.

    Raises:
        UnreadableImage, TooLarge: with a sentence that says what to do.
        DecoderKilled: if the process was killed from outside; it may be tried again.
    """
    file = parse_page_image(data)
    request = make_request("photograph", file)
    return _ask(request, file.without_metadata(), _read_photograph, IMAGE_CPU_S, UnreadableImage(DAMAGED), TOO_DEAR)


def open_pdf(data: bytes) -> list[bytes]:
    """Return a JPEG of each page of a PDF, at most 20, about 250 dpi; raises as `open_image`.

    Raises ProtectedPDF for one that needs a password, and TooManyPages.
    """
    request = {"what": "pdf", "max_pages": MAX_PDF_PAGES, "max_page_bytes": PAGE_BYTES}
    return _ask(request, data, _read_pages, PDF_CPU_S, UnreadableImage(DAMAGED_PDF), DEAR_PDF)


def _ask(
    request: dict[str, Any],
    data: bytes,
    read_answer: Callable[[dict[str, Any], BinaryIO], T],
    cpu_s: int,
    damaged: Exception,
    too_dear: str,
) -> T:
    """Ask a fresh process, and say what ended it. Raises `damaged`, TooLarge, DecoderKilled, or what is read."""
    process = LimitedProcess(cpu_s, MEMORY_BYTES, WALL_S)
    try:
        return process.ask(request, data, read_answer)
    except TooSlow:
        raise TooLarge(too_dear) from None
    except Crashed:
        raise damaged from None
    finally:
        process.close()


def _read_photograph(about: dict[str, Any], answers: BinaryIO) -> NDArray[np.uint8]:
    if problem := about.get("error"):
        raise TooLarge(TOO_DEAR) if problem == "too_large" else UnreadableImage(DAMAGED)
    mode, (width, height), _ = read_shape(about, SIDE_PX)
    if mode != "L":
        raise Crashed
    return np.frombuffer(read_bytes(answers, width * height), np.uint8).reshape(height, width)


def _read_pages(about: dict[str, Any], answers: BinaryIO) -> list[bytes]:
    pages: list[bytes] = []
    while not about.get("end"):
        if problem := about.get("error"):
            raise _pdf_error(problem)
        size = int(about.get("bytes", 0))
        if not 0 < size <= 4 * PAGE_BYTES or len(pages) >= MAX_PDF_PAGES:
            raise Crashed
        pages.append(read_bytes(answers, size))
        about = read_line(answers)
    return pages


def _pdf_error(problem: str) -> Exception:
    known: dict[str, Exception] = {
        "protected": ProtectedPDF(PROTECTED),
        "too_many_pages": TooManyPages(TOO_MANY_PAGES),
        "too_large": TooLarge(DEAR_PDF),
    }
    return known.get(problem, UnreadableImage(DAMAGED_PDF))
