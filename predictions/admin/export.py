"""Export submissions as CSV or JSON, a part at a time, so that memory does not grow with the rows."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

from accounts.csv_lines import csv_lines
from predictions.models import Submission

MOST_EXPORTED = 10_000
CHUNK = 500
COLUMNS = ["id", "owner", "source", "batch", "created_at", "finished_at", "status", "error_code", "text", "written"]
COLUMNS += ["verdict", "confidence", "label", "label_by", "may_train", "review_sample"]
Row = dict[str, Any]


def respond_csv(keys: Sequence[int], *, with_names: bool) -> StreamingHttpResponse:
    """Return these submissions as a CSV file, with a line of titles. with_names: whether it says whose they are."""
    rows = (row.values() for row in _rows(keys, with_names=with_names))
    return _respond(csv_lines(COLUMNS, rows), "text/csv; charset=utf-8", "csv")


def respond_json(keys: Sequence[int], *, with_names: bool) -> StreamingHttpResponse:
    """Return these submissions as a JSON file: a list of objects. with_names: as above."""
    return _respond(_json_lines(_rows(keys, with_names=with_names)), "application/json", "json")


FORMATS: dict[str, Callable[..., StreamingHttpResponse]] = {"csv": respond_csv, "json": respond_json}


def _respond(lines: Iterable[str], content_type: str, ending: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="submissions.{ending}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type=content_type, headers=headers)


def _rows(keys: Sequence[int], *, with_names: bool) -> Iterator[Row]:
    """Yield the submissions with these keys that still exist, in their order. One query for CHUNK of them."""
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        found = {
            row.pk: row for row in Submission.objects.filter(pk__in=chunk, deleted_at=None).select_related("owner")
        }
        for row in (found[key] for key in chunk if key in found):
            yield {name: getattr(row, name) for name in COLUMNS} | {
                "owner": row.owner.username if row.owner and with_names else None
            }


def _json_lines(rows: Iterable[Row]) -> Iterator[str]:
    yield "["
    for place, row in enumerate(rows):
        yield (",\n" if place else "\n") + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
    yield "\n]\n"
