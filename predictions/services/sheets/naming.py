"""Name the columns of somebody's own ruled table, which makes a template of it and has its cells read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max, Q

from accounts import audit
from ml.sheets.template import ColumnKind, InvalidTemplate, SumKind, Template, parse_template
from predictions import lifecycle, tasks
from predictions.models import CellState, Lane, Sheet, SheetCell, SheetPage, SheetTemplate, TemplateKind, ValueSource
from predictions.models.sheets.cells import SheetCellQuerySet
from predictions.models.sheets.submitting import make_cell_submission
from predictions.services.errors import Refused
from predictions.services.sheets.quotas import room_for_cells

ALREADY_NAMED = "The columns of this sheet have names already. To change them, send it as a new sheet."
NO_TABLE = "No table was found on this sheet yet. Wait until its pages were looked at, or take them again."


def name_columns(sheet: Sheet, form: Mapping[str, Any]) -> SheetTemplate:
    """Make a template of the table that was found on a sheet, and queue its cells in the columns that are read.

    form: as `ml.sheets.template` takes it; title, rows and paper may be left out, as the photograph tells them.

    Raises:
        InvalidTemplate: if the form is none, or has another number of columns than the table.
        Refused: 409 if no table was found, or its columns have names; 410, 429, 503.
    """
    pages = SheetPage.objects.filter(sheet=sheet, table__isnull=False)
    cells = SheetCell.objects.filter(page__in=pages)
    template = _parse(sheet, form, cells.aggregate(row=Max("row"), column=Max("column")))
    waiting = cells.filter(state=CellState.NOT_READ, image__isnull=False, column__in=_read_columns(template))
    with room_for_cells(sheet.owner, waiting.count()):
        # the lock that workers take before they store cells
        if not Sheet.objects.filter(pk=sheet.pk, deleted_at=None, template=None).update(settled_at=None):
            raise Refused("already_named", ALREADY_NAMED, 409)
        first = pages.order_by("number").first()
        row = SheetTemplate.objects.create(
            owner_id=sheet.owner_id,
            kind=TemplateKind.RULED,
            title=template.title,
            form=template.as_dict(),
            table=first and first.table,
        )
        Sheet.objects.filter(pk=sheet.pk).update(template=row)
        sheet.template, sheet.settled_at = row, None
        _keep_as_pictures(cells, template)
        _queue(sheet, template, list(waiting.defer("image").order_by("page__number", "row", "column")))
        audit.record(sheet.owner, "sheet.columns_named", str(sheet.pk))
    return row


def _parse(sheet: Sheet, form: Mapping[str, Any], last: Mapping[str, int | None]) -> Template:
    if last["row"] is None or last["column"] is None:
        raise Refused("no_table", NO_TABLE, 409)
    count = last["column"] + 1
    columns = form.get("columns")
    if not isinstance(columns, list) or len(columns) != count:
        raise InvalidTemplate(f"Name all {count} columns of the table.", "columns")
    sums = form.get("sums") or []
    has_totals = isinstance(sums, list) and any(
        isinstance(one, Mapping) and one.get("kind") == SumKind.COLUMN for one in sums
    )
    known = {"title": form.get("title") or sheet.title or "Table", "rows": last["row"] + 1 - has_totals}
    return parse_template({**form, **known})


def _read_columns(template: Template) -> list[int]:
    return [number for number, column in enumerate(template.columns) if column.kind is ColumnKind.READ]


def _keep_as_pictures(cells: SheetCellQuerySet, template: Template) -> None:
    """Let cells that are not read hold no value, such as the "11" of a text column that looked like ditto marks."""
    totals = [one.total for one in template.sums if one.kind is SumKind.COLUMN]
    is_read = Q(column__in=_read_columns(template)) & (Q(row__lt=template.rows) | Q(column__in=totals))
    unread = cells.with_values().exclude(is_read).filter(confirmed_at=None)
    values = {"text": "", "read_text": "", "confidence": None, "source": ValueSource.READ}
    unread.update(state=CellState.NOT_READ, **values)


def _queue(sheet: Sheet, template: Template, cells: Sequence[SheetCell]) -> None:
    """Turn pictures of cells into submissions, which takes their bytes from the page to the drawings."""
    images = dict(SheetCell.objects.filter(pk__in=[cell.pk for cell in cells]).values_list("pk", "image"))
    rows, moved = [], dict[Any, int]()
    for cell in cells:
        if not template.is_read(cell.row, cell.column):
            continue
        expects = template.expects_at(cell.row, cell.column)
        image = bytes(images[cell.pk] or b"")
        rows.append(make_cell_submission(cell, sheet, expects.as_dict() if expects else None, image))
        moved[cell.page_id] = moved.get(cell.page_id, 0) + len(image)
    lifecycle.queue_all([submission for submission, _ in rows], [drawing for _, drawing in rows])
    SheetCell.objects.bulk_update([cell for cell in cells if cell.submission], ["submission", "state", "image"])
    for page in SheetPage.objects.filter(pk__in=moved):
        SheetPage.objects.filter(pk=page.pk).update(kept_bytes=max(0, page.kept_bytes - moved[page.pk]))
    lifecycle.notify_sheet(sheet.pk)
    tasks.wake_worker(Lane.BULK)
