"""Our page as it was read once (by `docs.read_demo`), for people without an account: nothing is stored or queued."""

import json
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ml.sheets.template import Template, parse_template
from predictions.models import Sheet, SheetPage, SheetTemplate
from predictions.services.sheets.demo import FOLDER
from predictions.services.sheets.tables import Progress, Table, TableCell, find_wrong_sums, make_row

PICTURES = {"photograph": "page.jpg", "picture": "picture.jpg"}


def load_ready() -> Table:
    """Return the table of our page, whose rows are in no database. No query."""
    template, read = _read_files()
    rows: dict[int, dict[int, TableCell]] = {}
    for number, cell in enumerate(read["cells"], start=1):
        shown = _make_cell(number, **cell)
        rows.setdefault(shown.row, {})[shown.column] = shown
    made = tuple(make_row(template, template.columns, (0, row), cells) for row, cells in sorted(rows.items()))
    page = SheetPage(number=1, width_px=read["width"], height_px=read["height"])
    form = SheetTemplate(title=template.title, form=template.as_dict())
    sheet = Sheet(title=_("Our page to try"), template=form, is_demo=True, settled_at=timezone.now())
    progress = Progress(1, 1, len(read["cells"]), len(read["cells"]), is_settled=True)
    return Table(sheet, template, template.columns, made, (page,), progress, find_wrong_sums(template, made))


@cache
def load_picture(name: str) -> bytes:
    """Return our page as it was photographed, or upright: a JPEG, by a name of PICTURES."""
    return (FOLDER / PICTURES[name]).read_bytes()


@cache
def _read_files() -> tuple[Template, dict[str, Any]]:
    form, read = (json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("form", "read"))
    return parse_template(form), read


def _make_cell(id_: int, *, box: list[float], alternatives: list[tuple[str, float]], **read: Any) -> TableCell:
    x, y, width, height = box
    others = tuple((text, probability) for text, probability in alternatives)
    return TableCell(id=id_, **read, page=1, box=(x, y, width, height), alternatives=others)
