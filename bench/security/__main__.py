"""Search for the dearest requests that are accepted: CPU time in the web process and in the worker.

    .venv/bin/python -m bench.security --seconds 60 [--kind png ...]

For each kind of request, draws parameters at random and changes those of the dearest found so far. What validation
refuses costs nothing. The worker's path is `predictions.worker.recognize.prepare` and the shipped reader, with the CPU
time of the process that decodes; for photographs and PDFs of pages (`sheet_png`, `sheet_jpeg`, `sheet_webp`, `pdf`) it
is `ml.sheets.decoding`, whose process has ended. The dearest are measured again, and the least of three counts: other
programs make only longer. Needs the packages of `make bench`.
"""

import argparse
import contextlib
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any

import django
import numpy as np

SHOWN = 3
OF_SHEETS = {"sheet_png", "sheet_jpeg", "sheet_webp", "pdf"}
Space = dict[str, tuple[Any, ...]]


def main() -> None:
    """Print a table for each kind."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--kind", action="append")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from bench.security import files, pages, pdfs, strokes
    from predictions.services.validation import check_image, check_strokes

    large = {"megapixels": (2, 9, 12, 16, 24, 36, 48)}
    kinds: dict[str, tuple[Space, Callable[..., Any], Callable[[Any], Any]]] = {
        "png": (files.PNG_SPACE, files.png, check_image),
        "jpeg": (files.JPEG_SPACE, files.jpeg, check_image),
        "webp": (files.WEBP_SPACE, files.webp, check_image),
        "pages": (pages.PAGES_SPACE, pages.page, check_image),
        "strokes": (strokes.STROKES_SPACE, strokes.strokes, check_strokes),
        "sheet_png": (files.PNG_SPACE | large, files.png, _check_page),
        "sheet_jpeg": (files.JPEG_SPACE | large, files.jpeg, _check_page),
        "sheet_webp": (files.WEBP_SPACE | large, files.webp, _check_page),
        "pdf": (pdfs.PDF_SPACE, pdfs.pdf, _check_page),
    }
    chosen = asked.kind or list(kinds)
    read = Meter().measure_worker_ms if set(chosen) - OF_SHEETS else measure_page_ms
    print("| kind | web ms | worker ms | kB | tried | accepted | parameters |\n|---|---|---|---|---|---|---|")
    for kind in chosen:
        search(kind, *kinds[kind], measure_page_ms if kind in OF_SHEETS else read, asked.seconds, asked.seed)


def _check_page(data: bytes) -> bytes:
    from ml.sheets.files import TooLarge, UnreadableImage, check_page_file
    from predictions.services.errors import Refused

    try:
        check_page_file(data)
    except (TooLarge, UnreadableImage) as error:
        raise Refused("refused", str(error)) from None
    return data


def measure_page_ms(data: bytes) -> float:
    """Return the CPU milliseconds of decoding a photograph or PDF of pages, in this process and the one it starts."""
    from ml.sheets import decoding, files

    began = _spent_with_children_s()
    with contextlib.suppress(files.TooLarge, files.UnreadableImage):  # that took time too
        decoding.open_pdf(data) if files.is_pdf(data) else decoding.open_image(data)
    return 1000 * (_spent_with_children_s() - began)


def _spent_with_children_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


class Meter:
    """Measures the CPU time of one request."""

    def __init__(self) -> None:
        from ml.artifacts import load_shipped
        from ml.recognition.loading import load_reader
        from predictions.worker import recognize

        self._reader = load_reader(load_shipped())
        self._recognize = recognize
        self.measure_worker_ms(None)

    def _spent_s(self) -> float:
        pid = self._recognize.decoder.pid
        of_decoder = time.clock_gettime((~pid << 3) | 2) if pid else 0.0  # as Linux numbers the clocks of processes
        return time.process_time() + of_decoder

    def measure_worker_ms(self, drawing: Any) -> float:
        """Return the CPU milliseconds of reading a drawing, of the decoding process too; it is started before."""
        pid, began = self._recognize.decoder.pid, self._spent_s()
        try:
            if drawing is not None:
                self._reader.read([self._recognize.prepare(drawing).line])
        except tuple(self._recognize.REFUSALS):
            pass  # unreadable or blank: that took time too
        spent = self._spent_s() - began
        return self.measure_worker_ms(drawing) if pid != self._recognize.decoder.pid else 1000 * spent


def search(
    kind: str,
    space: Space,
    make: Callable[..., Any],
    check: Callable[[Any], Any],
    measure_ms: Callable[[Any], float],
    seconds: float,
    seed: int,
) -> None:
    """Search one kind for a time, and print the dearest requests found."""
    from predictions.services.errors import Refused

    chance = random.Random(seed)  # noqa: S311 - no secret
    found: list[tuple[float, float, dict[str, Any], Any, Any]] = []
    tried = accepted = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found and chance.random() < 0.6:
            chosen = dict(chance.choice(found[:8])[2])
            for name in chance.sample(list(space), 2):
                chosen[name] = chance.choice(space[name])
        else:
            chosen = {name: chance.choice(values) for name, values in space.items()}
        try:
            body = make(np.random.default_rng(seed), chosen)
        except (ValueError, OSError):  # Pillow does not write this combination
            continue
        tried += 1
        began = time.process_time()
        try:
            drawing = check(body)
        except Refused:
            continue
        web_ms = 1000 * (time.process_time() - began)
        found.append((measure_ms(drawing), web_ms, chosen, body, drawing))
        found.sort(key=lambda one: -one[0])
        accepted += 1
        del found[40:]
    for worker_ms, web_ms, chosen, body, drawing in found[:SHOWN]:
        least = min(worker_ms, *(measure_ms(drawing) for _ in range(2)))
        size = len(body) if isinstance(body, bytes) else len(str(body))
        shown = ", ".join(f"{name} {value}" for name, value in chosen.items())
        print(
            f"| {kind} | {web_ms:.0f} | {least:.0f} | {size / 1000:.0f} | {tried} | {accepted} | {shown} |", flush=True
        )


if __name__ == "__main__":
    main()
