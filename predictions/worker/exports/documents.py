"""Exports as JSON: one document, written a drawing at a time, with strokes, readings and reviews."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from predictions.models import Drawing, Export, Prediction, Review
from predictions.worker.exports.chunks import ChunkWriter, Sink
from predictions.worker.exports.pictures import name_file
from predictions.worker.exports.rows import COLUMNS, Row, in_batches, read_drawings, read_parts

LEFT_OUT = "input"  # of a digit: the 28 x 28 pixels that the network was given, made from the drawing


def write_json(export: Export, file: ChunkWriter, to: Sink | None = None) -> None:
    """Write `{"exported_at": ..., "drawings": [...]}`. to: a part of the file, in place of all of it."""
    to = to or file
    to.write(f'{{"exported_at": {to_json(timezone.now())}, "drawings": ['.encode())
    separator = "\n"
    for rows in read_parts(export):
        for batch in in_batches(rows):
            for body in _bodies(batch):
                to.write(f"{separator}{to_json(body)}".encode())
                separator = ",\n"
                file.step(1)
    to.write(b"\n]}\n")


def to_json(value: Any) -> str:
    """Return a value as JSON; times are ISO 8601."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _bodies(batch: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield what is known of each drawing. Three queries."""
    keys = [row.submission.pk for row in batch]
    drawings = read_drawings(batch, with_images=False)
    readings, reviews = _readings_of(keys), _reviews_of(keys)
    for row in batch:
        own = row.submission
        yield {
            **dict(zip(COLUMNS, row.cells(), strict=True)),
            "reasons": own.reasons or [],
            "finished_at": own.finished_at,
            "error": own.error_code or None,
            "batch": own.batch,
            "expects": own.expects,
            "may_train": own.may_train,
            "drawing": _drawing_body(row, drawings.get(own.pk)),
            "readings": readings[own.pk],
            "reviews": reviews[own.pk],
        }


def _drawing_body(row: Row, drawing: Drawing | None) -> dict[str, Any] | None:
    if drawing is None:
        return None
    size = {"width": drawing.width, "height": drawing.height, "pen_px": drawing.pen_px}
    return {"strokes": drawing.strokes, **size, "file": name_file(row, drawing)}


def _readings_of(keys: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Prediction.objects.filter(submission__in=keys).order_by("pk")
    for row in rows.select_related("model_version").defer("model_version__card", "ink"):
        digits = [{name: value for name, value in digit.items() if name != LEFT_OUT} for digit in row.reading["digits"]]
        body = {**row.reading, "digits": digits, "model": row.model_version.name, "finished_at": row.finished_at}
        found[row.submission_id].append(body)
    return found


def _reviews_of(keys: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return what people said of each drawing, but not who: reviewers stay unnamed."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = ("role", "text", "is_digit", "created_at", "withdrawn_at")
    for key, *values in Review.objects.filter(submission__in=keys).order_by("pk").values_list("submission", *columns):
        found[key].append(dict(zip(columns, values, strict=True)))
    return found
