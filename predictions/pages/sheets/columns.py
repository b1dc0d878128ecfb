"""Naming the columns of somebody's own table, once: a form with a picture of each column."""

import uuid
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.post_only import post_only, with_form
from ml.sheets.template import MAX_TITLE_CHARS, InvalidTemplate, Template
from predictions.models.sheets import Sheet, SheetPage
from predictions.pages.sheets.access import own_sheet
from predictions.pages.sheets.problems import problem_of
from predictions.pages.sheets.templates.editor import Editor
from predictions.pages.sheets.templates.fields import KINDS, ColumnForm, check_visible
from predictions.services.errors import Refused
from predictions.services.sheets.naming import name_columns
from predictions.services.sheets.tables import Table, TableCell, load_table

SHOWN_ROWS = 3  # of each column, below its head
LABELS = "label"  # nothing of ours is printed on an own table


class Box(NamedTuple):
    """A part of a picture in px, as SVG takes it."""

    x: str
    y: str
    width: str
    height: str


class TitleForm(forms.Form):
    """What the table is called. `rows` are told by its lines."""

    title = forms.CharField(
        label=gettext_lazy("Name of the table"), max_length=MAX_TITLE_CHARS, validators=[check_visible]
    )

    def __init__(self, *args: Any, rows: int, **kwargs: Any) -> None:
        """Make the form. rows: how many the table has."""
        super().__init__(*args, **kwargs)
        self.rows = rows

    def clean(self) -> dict[str, Any]:
        """Add how many rows the table has."""
        return (super().clean() or {}) | {"rows": self.rows}


@post_only("sheet-columns", "id_")
def _save(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    found = own_sheet(request, id_)
    table = load_table(found, with_alternatives=False)
    if refused := _lead_away(request, found, table):
        return refused
    editor = _open(table, request.POST)
    template = editor.parse()
    if template is None:
        return _render(request, table, editor)
    return _name(request, found, template)


@with_form(_save)
def name_the_columns(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show the form, or name the columns and have their cells read."""
    found = own_sheet(request, id_)
    table = load_table(found, with_alternatives=False)
    return _lead_away(request, found, table) or _render(request, table, _open(table))


def _name(request: HttpRequest, sheet: Sheet, template: Template) -> HttpResponse:
    try:
        name_columns(sheet, template.as_dict())
    except Refused as refusal:
        messages.error(request, problem_of(refusal))
    except InvalidTemplate:  # pages were removed meanwhile
        messages.error(request, _("The table was changed in another tab meanwhile. Try again."))
    else:
        messages.success(request, _("The columns are named. Photograph this form again, and it is known."))
    return redirect("sheet", sheet.pk)


def _lead_away(request: HttpRequest, sheet: Sheet, table: Table) -> HttpResponse | None:
    """Return where to go if there is nothing to name."""
    if sheet.template is not None:
        messages.info(request, _("The columns of this sheet have names already."))
    elif not table.columns:
        messages.info(request, _("No table was found yet. Wait until its pages were looked at, or take them again."))
    else:
        return None
    return redirect("sheet", sheet.pk)


def _open(table: Table, data: Any = None) -> Editor:
    """Return the forms of the table and its columns, with what was sent."""
    names = [_("Column %(number)s") % {"number": number + 1} for number in range(len(table.columns))]
    columns = []
    for number in range(len(names)):
        others = [(place, name) for place, name in enumerate(names) if place != number]
        form = ColumnForm(data, prefix=f"c{number}", others=others)
        form.fields["kind"].choices = [kind for kind in KINDS if kind[0] != LABELS]  # type: ignore[attr-defined]
        columns.append(form)
    rows = max((row.row for row in table.rows), default=0) + 1
    title = TitleForm(data, rows=rows, initial={"title": table.sheet.title})
    return Editor(title, columns, is_checked=data is not None)  # type: ignore[arg-type]


def _render(request: HttpRequest, table: Table, editor: Editor) -> HttpResponse:
    page = next((page for page in table.pages if page.table is not None and page.width_px), None)
    context = {
        "sheet": table.sheet,
        "page": page,
        "editor": editor,
        "columns": list(zip(editor.columns, _boxes(table, page), strict=True)),
    }
    return render(request, "sheets/columns.html", context)


def _boxes(table: Table, page: SheetPage | None) -> list[Box | None]:
    """Return for each column the part of the page's picture that holds its head and first cells."""
    cells = [cell for cell in table.cut_cells if page and cell.page == page.number]
    columns = range(len(table.columns))
    return [_box([cell for cell in cells if cell.column == number][:SHOWN_ROWS]) for number in columns]


def _box(cells: list[TableCell]) -> Box | None:
    if not cells:
        return None
    left, top = min(cell.box[0] for cell in cells), min(cell.box[1] for cell in cells)
    right = max(cell.box[0] + cell.box[2] for cell in cells)
    bottom = max(cell.box[1] + cell.box[3] for cell in cells)
    head = 1.5 * cells[0].box[3]  # most likely above the first row
    return Box(*(f"{number:.1f}" for number in (left, top - head, right - left, bottom - top + head)))
