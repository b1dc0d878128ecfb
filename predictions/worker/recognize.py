"""Act 2: claim a batch, read it in one forward pass, record each reading."""

import logging
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings

from ml import uploads
from ml.preprocessing import images, strokes
from ml.preprocessing.ink import BlankDrawing
from ml.recognition.text_line import TextLine, find_text_line
from ml.types import MAX_DIGITS, Reading
from predictions import claims, lifecycle, registry
from predictions.models import Drawing, ErrorCode, Prediction, Submission
from predictions.worker.model_cache import Loaded, live
from predictions.worker.watchdog import guarded

PNG_START = b"\x89PNG"

logger = logging.getLogger(__name__)

WORKER_NAME = settings.WORKER_NAME or f"{platform.node()}-{os.getpid()}"
REFUSALS: dict[type[Exception], ErrorCode] = {
    BlankDrawing: ErrorCode.BLANK,
    uploads.UnreadableImage: ErrorCode.UNREADABLE,
    uploads.TooLarge: ErrorCode.TOO_LARGE,
}
network_lock = Lock()  # the task, the watch and errands share one network
batches = 0  # that this process has begun, empty ones too: a sign of life


@dataclass(frozen=True)
class Prepared:
    """The line of candidate digits of a drawing, and what is to be stored of it."""

    line: TextLine
    stored: dict[str, Any]


def recognize_batch(on_more: Callable[[], object] | None = None) -> int:
    """Claim what waits, as much as suits this worker's device, and read it; give how many were finished.

    The model comes first: a worker that can load none (CannotLoad) claims nothing.

    on_more: called before reading if more may wait, so that another worker can begin meanwhile.
    """
    global batches
    loaded = _live()
    limit = _batch_limit(loaded)
    with network_lock, claims.claimed(limit) as rows:
        batches += 1
        if not rows:
            return 0
        if on_more and rows.has_more:
            on_more()
        if loaded is None:
            return sum(lifecycle.fail(row, ErrorCode.NO_MODEL) for row in rows)
        with guarded(rows):
            return _recognize(rows, loaded)


def _live() -> Loaded | None:
    """Return the live model, or None if no version is live anywhere."""
    try:
        return live()
    except registry.NoModel as error:
        logger.error("%s", error)
        return None


def _batch_limit(loaded: Loaded | None) -> int:
    is_gpu = loaded is not None and loaded.reader.network.device == "gpu"
    return int(settings.GPU_BATCH_LIMIT if is_gpu else settings.BATCH_LIMIT)


def _recognize(rows: list[Submission], loaded: Loaded) -> int:
    finished = 0
    prepared: list[tuple[Submission, Prepared]] = []
    for row in rows:
        try:
            prepared.append((row, prepare(row.drawing)))
        except tuple(REFUSALS) as refusal:
            finished += lifecycle.fail(row, REFUSALS[type(refusal)], _forgotten(row.drawing))
        except Exception:  # one drawing that breaks us goes back alone; the log names it and attempts are counted
            logger.exception("submission %s could not be prepared", row.id)
    readings = loaded.reader.read([page.line for _, page in prepared])
    done: list[lifecycle.Done] = []
    for (row, page), reading in zip(prepared, readings, strict=True):
        if len(reading.digits) > MAX_DIGITS:
            finished += lifecycle.fail(row, ErrorCode.TOO_MANY_DIGITS, _forgotten(row.drawing))
        else:
            prediction = _prediction(row, reading, loaded, batch_size=len(prepared))
            done.append(lifecycle.Done(row, prediction, page.stored))
    return finished + lifecycle.succeed_all(done)


def read_one(row: Submission, loaded: Loaded) -> Prediction:
    """Read one submission, whatever became of it, and give the unsaved prediction. Raises what REFUSALS names."""
    [result] = loaded.reader.read([prepare(row.drawing).line])
    return _prediction(row, result, loaded, batch_size=1)


def _forgotten(drawing: Drawing) -> dict[str, Any]:
    """Return the columns of a picture that was refused: its bytes, and what its metadata tells, are not kept."""
    return {"image": b"", "image_type": "", "is_original": False} if drawing.is_original else {}


def prepare(drawing: Drawing) -> Prepared:
    """Render or decode a drawing and find its digits. Raises what REFUSALS names."""
    stored: dict[str, Any] = {}
    if drawing.strokes is not None:
        page = strokes.render_strokes(drawing.strokes, drawing.width, drawing.height, drawing.pen_px)
    else:
        image = uploads.decode(
            bytes(drawing.image or b""),
            max_pixels=settings.IMAGE_LIMIT_PIXELS,
            max_side_px=settings.IMAGE_LIMIT_SIDE_PX,
        )
        page = images.page_from_image(image)
        if drawing.is_original:
            kept = uploads.encode(image)
            stored = {
                "image": kept,
                "image_type": "image/png" if kept.startswith(PNG_START) else "image/webp",
                "is_original": False,
            }
    stored["thumbnail"] = images.thumbnail(page)
    return Prepared(find_text_line(page), stored)


def _prediction(row: Submission, reading: Reading, loaded: Loaded, batch_size: int) -> Prediction:
    network = loaded.reader.network
    return Prediction(
        submission=row,
        model_version=loaded.version,
        preprocessing=reading.preprocessing,
        reading=reading.as_dict(),
        runtime=network.runtime,
        device=network.device,
        worker=WORKER_NAME,
        batch_size=batch_size,
        queued_at=row.queued_at,
        started_at=row.started_at,
    )
