"""The drawings of an export, a few at a time, as they are now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.conf import settings

from predictions.models import Drawing, Export, ExportPart, Prediction, Submission

BATCH_BYTES = 2_000_000  # of the drawings that are loaded together
BATCH_ROWS = 100
COLUMNS = (
    *("id", "created_at", "source", "status", "text", "written", "verdict", "confidence", "reasons", "label"),
    *("corrected", "model", "url"),
)
NOT_A_DIGIT = "not_a_digit"  # the label of a drawing that shows none, as the verdict is called


@dataclass(frozen=True)
class Row:
    """A submission and the name of the model version that read it first, or ""."""

    submission: Submission
    model: str

    @property
    def url(self) -> str:
        """The page of the drawing. Workers do not load the pages, so its path is not looked up there."""
        return f"{settings.PUBLIC_URL}/history/{self.submission.id}/"

    @property
    def label(self) -> str | None:
        """What a person says is drawn; None if nobody has said."""
        return NOT_A_DIGIT if self.submission.label == "" else self.submission.label

    def cells(self) -> list[Any]:
        """Return the values of COLUMNS: texts, a time, a share, and yes or no."""
        row = self.submission
        texts = [str(row.id), row.created_at, row.source, row.status, row.text, row.written, row.verdict]
        reasons = " ".join(row.reasons or ())
        return [*texts, row.confidence, reasons, self.label, row.is_corrected, self.model, self.url]


def read_parts(export: Export) -> Iterator[list[Row]]:
    """Yield the drawings of each part that are not deleted, newest first. Three queries for KEYS_IN_PART of them."""
    for number in count():
        keys = ExportPart.objects.filter(export=export, number=number).values_list("keys", flat=True).first()
        if keys is None:
            return
        mine = Submission.objects.filter(pk__in=keys, owner=export.owner_id, deleted_at=None).newest_first()
        names = _model_names(keys)
        yield [Row(row, names.get(row.pk, "")) for row in mine]


def _model_names(keys: Sequence[int]) -> dict[int, str]:
    rows = Prediction.objects.filter(submission__in=keys).order_by("-pk")  # so that the first reading is kept
    return dict(rows.values_list("submission_id", "model_version__name"))


def in_batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield as many rows at once as have drawings of BATCH_BYTES together, at most BATCH_ROWS."""
    batch: list[Row] = []
    room = BATCH_BYTES
    for row in rows:
        room -= row.submission.kept_bytes
        if batch and (room < 0 or len(batch) == BATCH_ROWS):
            yield batch
            batch, room = [], BATCH_BYTES - row.submission.kept_bytes
        batch.append(row)
    if batch:
        yield batch


def read_drawings(batch: Sequence[Row], *, with_images: bool) -> dict[int, Drawing]:
    """Return the drawings of a batch by the key of their submission. One query."""
    rows = Drawing.objects.filter(submission__in=[row.submission.pk for row in batch]).defer("thumbnail")
    rows = rows if with_images else rows.defer("thumbnail", "image")
    return {row.submission_id: row for row in rows}
