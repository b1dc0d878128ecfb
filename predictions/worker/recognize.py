"""Recognition: claim a batch of drawings, read them and record each reading."""

import logging
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from PIL import Image

from ml import uploads
from ml.decoding.decoder import Decoder
from ml.expects import Expectation
from ml.preprocessing import images, strokes
from ml.preprocessing.ink import BlankDrawing
from ml.recognition.ink_measures import measure_ink
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine, find_text_line
from ml.types import MAX_DIGITS, Reading
from predictions import claims, fairness, lifecycle, registry
from predictions.models import FINISHED, Drawing, ErrorCode, Prediction, Submission
from predictions.monitoring import measures
from predictions.worker.model_cache import Loaded, held, live
from predictions.worker.watchdog import guarded

BATCH_BUDGET_S = 0.5  # a batch begins no drawing after this, so that a new one does not wait for all the rest
SLOW_S = 2.0  # the log names a drawing that takes longer to prepare
COMPONENTS_PER_DRAWING = (
    2  # a forward pass has room for so many, on average: a page of scribbles costs more than a single digit
)

logger = logging.getLogger(__name__)

WORKER_NAME = settings.WORKER_NAME or f"{platform.node()}-{os.getpid()}"
REFUSALS: dict[type[Exception], ErrorCode] = {
    BlankDrawing: ErrorCode.BLANK,
    uploads.UnreadableImage: ErrorCode.UNREADABLE,
    uploads.TooLarge: ErrorCode.TOO_LARGE,
}
network_lock = Lock()  # the Celery task, the watch thread and jobs share one network
decoder = Decoder()
steps = 0  # batches, empty ones too, and drawings that this process has begun: a sign that it makes progress


@dataclass(frozen=True)
class Prepared:
    """A drawing's line of candidate digits, and the columns of its Drawing to store."""

    line: TextLine
    stored: dict[str, Any]


Pass = list[tuple[Submission, Prepared]]  # drawings to be read in one forward pass


def recognize_batch(on_more: Callable[[], object] | None = None) -> int:
    """Claim waiting drawings, as many as suit this worker's device, and read them; return how many were finished.

    on_more: called if more may be waiting, so that another worker can begin on them meanwhile.

    Raises:
        CannotLoad: if this worker can load no model. It then claims nothing.
    """
    global steps
    kept = held()
    loaded = kept or _live()
    with network_lock, claims.claimed(_batch_limit(loaded)) as rows:
        steps += 1
        if not rows:
            return 0
        measures.count_batch(rows)
        if on_more and rows.has_more:
            on_more()
        with guarded(rows) as rearm:
            if kept and not kept.is_of(rows.live):
                loaded = _live()
            if loaded is None:
                return sum(lifecycle.fail(row, ErrorCode.NO_MODEL) for row in rows)
            if _recognize(rows, loaded, rearm) and on_more:
                on_more()
        return sum(row.status in FINISHED for row in rows)


def _live() -> Loaded | None:
    """Return the live model, or None if no version is live."""
    try:
        return live()
    except registry.NoModel as error:
        logger.error("%s", error)
        return None


def _batch_limit(loaded: Loaded | None) -> int:
    is_gpu = loaded is not None and loaded.reader.network.device == "gpu"
    return int(settings.GPU_BATCH_LIMIT if is_gpu else settings.BATCH_LIMIT)


def _recognize(rows: Sequence[Submission], loaded: Loaded, rearm: Callable[[], None]) -> int:
    """Read the drawings of a batch by turns until its time is used up; return how many went back to the queue.

    Usually all of them are read in one forward pass. `rearm` restarts the watchdog before each drawing and each pass,
    so that it ends the process for one drawing that hangs, not for many slow ones.
    """
    global steps
    claimed_at = time.monotonic()
    deadline = claimed_at + BATCH_BUDGET_S
    room = COMPONENTS_PER_DRAWING * _batch_limit(loaded)
    ready: Pass = []
    rest = fairness.in_turns(rows)
    while rest:
        row = rest.pop(0)
        rearm()
        steps += 1
        if prepared := _try_to_prepare(row):
            ready.append((row, prepared))
        fairness.note_read(row)
        if sum(len(page.line.components) for _, page in ready) >= room:
            rearm()
            _read(ready, loaded, claimed_at)
            ready = []
        if time.monotonic() > deadline:
            break
    if rest:
        lifecycle.release(rest)
    rearm()
    _read(ready, loaded, claimed_at)
    return len(rest)


def _try_to_prepare(row: Submission) -> Prepared | None:
    """Return the drawing of `row` prepared; None if it failed for good, or is left running and goes back."""
    began = time.monotonic()
    try:
        return prepare(row.drawing)
    except tuple(REFUSALS) as refusal:
        lifecycle.fail(row, REFUSALS[type(refusal)], _erased(row.drawing))
    except Exception:  # one broken drawing goes back alone; the log names it, and its attempts are counted
        logger.exception("submission %s could not be prepared", row.id)
    finally:
        if (took_s := time.monotonic() - began) > SLOW_S:
            logger.warning("submission %s took %.1f s to prepare", row.id, took_s)
    return None


def _read(ready: Pass, loaded: Loaded, claimed_at: float) -> None:
    """Read prepared drawings in one forward pass, and record their readings."""
    if not ready:
        return
    readings = read_under([page.line for _, page in ready], [row.expectation for row, _ in ready], loaded.reader)
    moments = measures.Moments(claimed_at, read_at=time.monotonic())
    done: list[lifecycle.FinishedReading] = []
    for (row, page), reading in zip(ready, readings, strict=True):
        if len(reading.digits) > MAX_DIGITS:
            lifecycle.fail(row, ErrorCode.TOO_MANY_DIGITS, _erased(row.drawing))
        else:
            prediction = _prediction(row, reading, loaded, batch_size=len(ready))
            done.append(lifecycle.FinishedReading(row, prediction, page.stored))
    lifecycle.succeed_all(done)
    measures.count_readings([(one.submission, one.prediction) for one in done], moments)


def read_one(row: Submission, loaded: Loaded) -> Prediction:
    """Read one submission, whatever its status, and return the unsaved prediction. Raises the errors in REFUSALS."""
    [result] = read_under([prepare(row.drawing).line], [row.expectation], loaded.reader)
    return _prediction(row, result, loaded, batch_size=1)


def read_under(lines: Sequence[TextLine], expectations: Sequence[Expectation | None], reader: Reader) -> list[Reading]:
    """Read lines under what is expected of each; a reader is told only if something is."""
    return reader.read(lines, expectations) if any(expectations) else reader.read(lines)


def _erased(drawing: Drawing) -> dict[str, Any]:
    """Return the columns that erase a refused image: neither its bytes nor its metadata are kept."""
    return {"image": b"", "image_type": "", "is_original": False} if drawing.is_original else {}


def prepare(drawing: Drawing) -> Prepared:
    """Render or decode a drawing and find its candidate digits. Raises the errors in REFUSALS."""
    stored: dict[str, Any] = {}
    if drawing.strokes is not None:
        page = strokes.render_strokes(drawing.strokes, drawing.width, drawing.height, drawing.pen_px)
    else:
        image = _decode(bytes(drawing.image or b""))
        page = images.page_from_image(image)
        if drawing.is_original:
            kept = uploads.encode(image)
            stored = {
                "image": kept,
                "image_type": uploads.media_type(kept),
                "is_original": False,
            }
    stored["thumbnail"] = images.thumbnail(page)
    return Prepared(find_text_line(page), stored)


def _decode(data: bytes) -> Image.Image:
    """Decode a picture: a large one in a process of its own. Raises UnreadableImage, TooLarge, DecoderKilled."""
    file = uploads.check_header(
        data,
        max_pixels=settings.IMAGE_LIMIT_PIXELS,
        max_side_px=settings.IMAGE_LIMIT_SIDE_PX,
        max_jpeg_pixels=settings.IMAGE_LIMIT_JPEG_PIXELS,
    )
    return decoder.decode(file) if uploads.needs_own_process(file) else uploads.decode_checked(file)


def _prediction(row: Submission, reading: Reading, loaded: Loaded, batch_size: int) -> Prediction:
    network = loaded.reader.network
    return Prediction(
        submission=row,
        model_version=loaded.version,
        preprocessing=reading.preprocessing,
        expects_sha256=row.expects_sha256,
        reading=reading.as_dict(),
        ink=measure_ink(digit.input for digit in reading.digits) if row.review_sample else None,
        runtime=network.runtime,
        device=network.device,
        worker=WORKER_NAME,
        batch_size=batch_size,
        queued_at=row.queued_at,
        started_at=row.started_at,
    )
