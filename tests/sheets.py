"""Functions that make templates, sheets and their cells as workers would leave them, without looking at pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from ml.sheets.template import parse_template
from predictions import claims, lifecycle
from predictions.models import (
    CellState,
    ModelVersion,
    PageFile,
    Prediction,
    Sheet,
    SheetCell,
    SheetPage,
    SheetTemplate,
    Status,
    Submission,
)
from predictions.models.sheets.submitting import make_cell_submission
from predictions.worker.sheets import settling
from tests.factories import make_reading, make_version

NUMBER = {"kind": "number", "min": 0, "max": 999}
FORM: dict[str, Any] = {
    "title": "Marks",
    "rows": 2,
    "columns": [
        {"name": "Name", "kind": "text"},
        {"name": "First", "kind": "read", "expects": NUMBER},
        {"name": "Second", "kind": "read", "expects": NUMBER},
        {"name": "Both", "kind": "read", "expects": NUMBER},
    ],
    "sums": [{"kind": "row", "total": 3, "parts": [1, 2]}],
}
TEXTS = (("", "12", "30", "42"), ("", "7", "8", "15"))
# the smallest PNG and JPEG that browsers show: one white pixel
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f80f00010101001bb6ee56"
    "0000000049454e44ae426082"
)
JPEG = PNG  # what stands for the picture of a page; views send it as it is


def make_template(owner: User, form: Mapping[str, Any] = FORM, **fields: Any) -> SheetTemplate:
    """Make a template. fields: others of SheetTemplate."""
    template = parse_template(form)
    return SheetTemplate.objects.create(owner=owner, title=template.title, form=template.as_dict(), **fields)


def make_unread_sheet(
    owner: User, texts: Sequence[Sequence[str]] = TEXTS, template: SheetTemplate | None = None, **fields: Any
) -> Sheet:
    """Make a sheet of one page that was cut: its written cells wait. texts: as they will be read; "" is empty.

    fields: others of Sheet.
    """
    template = template or make_template(owner)
    sheet = Sheet.objects.create(owner=owner, template=template, **fields)
    page = SheetPage.objects.create(sheet=sheet, owner=owner, number=1, template_page=1)
    PageFile.objects.create(page=page, data=b"photograph", content_type="image/jpeg")
    cut_page(sheet, texts)
    sheet.refresh_from_db()
    return sheet


def cut_page(sheet: Sheet, texts: Sequence[Sequence[str]] = TEXTS) -> SheetPage:
    """Claim the page that waits, and store its cells as a worker does."""
    with claims.claimed_page() as [page], transaction.atomic():
        quality = {"is_good": True, "problems": []}
        lifecycle.complete_page(page, quality=quality, width_px=1240, height_px=1754)
        PageFile.objects.filter(page=page).update(data=None, picture=JPEG)
        assert sheet.template
        template = sheet.template.template
        cells, rows = [], []
        for row, line in enumerate(texts):
            for column, text in enumerate(line):
                cell = SheetCell(page=page, row=row, column=column, x=100 * column, y=50 * row, width=100, height=50)
                cells.append(cell)
                if not template.is_read(row, column):
                    cell.state, cell.image = CellState.NOT_READ, PNG
                elif not text:
                    cell.state = CellState.EMPTY
                else:
                    expects = template.columns[column].expects
                    rows.append(make_cell_submission(cell, sheet, expects.as_dict() if expects else None, PNG))
        lifecycle.queue_all([submission for submission, _ in rows], [drawing for _, drawing in rows])
        SheetCell.objects.bulk_create(cells)
    page.refresh_from_db()
    return page


def read_cells(
    sheet: Sheet,
    texts: Sequence[Sequence[str]] = TEXTS,
    confidence: float = 0.99,
    **doubtful: Sequence[tuple[str, float]],
) -> None:
    """Read the cells that wait as `texts` say.

    doubtful: the candidates of a cell in place of its text, by its place, as `r0c1=[("12", 0.6), ("17", 0.4)]`.
    """
    version = ModelVersion.objects.live().first() or make_version()
    while True:
        with claims.claimed(64) as rows:
            if not rows:
                return
            lifecycle.succeed_all([_read(row, version, texts, confidence, doubtful) for row in rows])


def _read(
    row: Submission,
    version: ModelVersion,
    texts: Sequence[Sequence[str]],
    confidence: float,
    doubtful: Mapping[str, Sequence[tuple[str, float]]],
) -> lifecycle.FinishedReading:
    cell = SheetCell.objects.get(submission=row.pk)
    candidates = doubtful.get(f"r{cell.row}c{cell.column}", [(texts[cell.row][cell.column], confidence)])
    (text, chance), *others = candidates
    reading = make_reading(text, chance) | {
        "alternatives": [{"text": other, "probability": its_chance} for other, its_chance in others]
    }
    prediction = Prediction(
        submission=row,
        model_version=version,
        preprocessing=reading["preprocessing"],
        expects_sha256=row.expects_sha256,
        reading=reading,
        runtime="litert",
        device="cpu",
        worker="test",
        batch_size=1,
        queued_at=row.queued_at,
        started_at=row.started_at,
    )
    return lifecycle.FinishedReading(row, prediction, {"thumbnail": PNG})


def settle_all() -> int:
    """Settle the sheets whose cells were all read; return how many."""
    count = 0
    while settling.settle_next():
        count += 1
    return count


def make_sheet(
    owner: User,
    texts: Sequence[Sequence[str]] = TEXTS,
    template: SheetTemplate | None = None,
    confidence: float = 0.99,
    doubtful: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    **fields: Any,
) -> Sheet:
    """Make a sheet of one page that was read and settled. doubtful: as of `read_cells`; fields: others of Sheet."""
    sheet = make_unread_sheet(owner, texts, template, **fields)
    read_cells(sheet, texts, confidence, **(doubtful or {}))
    settle_all()
    sheet.refresh_from_db()
    return sheet


def add_failed_page(sheet: Sheet) -> SheetPage:
    """Add a page that could not be read, as its worker leaves it."""
    number = sheet.pages.count() + 1
    return SheetPage.objects.create(
        sheet=sheet, owner=sheet.owner, number=number, quality={"is_good": False, "problems": []},
        status=Status.FAILED, error_code="bad_photo", finished_at="2026-01-01T00:00Z",
    )  # fmt: skip
