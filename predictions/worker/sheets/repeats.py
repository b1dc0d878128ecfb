"""Tell when one page was photographed twice: another copy of the same template's page holds the same numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from uuid import UUID

from predictions.models import Sheet, SheetCell, SheetPage, Status

REPEATED = "repeated"  # the kind of the problem; it is told, and the page is read
LEAST_CELLS = 5  # written on a page; fewer may be the same on two pages by chance
LEAST_SAME = 0.9  # of the cells that are written on either; a cell may be read differently on another photograph

Texts = Mapping[tuple[int, int], str]


def note_repeats(sheet: Sheet, cells: Iterable[SheetCell]) -> None:
    """Keep in the quality of each page of a sheet whether another holds the same numbers. One query at least.

    cells: those of the sheet, with their submissions; the caller has locked the sheet's row.
    """
    texts: dict[UUID, dict[tuple[int, int], str]] = defaultdict(dict)
    for cell in cells:
        if cell.submission is not None and cell.submission.status == Status.SUCCEEDED:
            texts[cell.page_id][cell.row, cell.column] = cell.submission.shown_text
    pages = list(SheetPage.objects.filter(sheet=sheet, status=Status.SUCCEEDED).only("template_page", "quality"))
    repeated: set[UUID] = set()
    for one, other in combinations(pages, 2):
        if one.template_page == other.template_page and _are_same(texts[one.pk], texts[other.pk]):
            repeated |= {one.pk, other.pk}
    for page in pages:
        _note(page, page.pk in repeated)


def _are_same(one: Texts, other: Texts) -> bool:
    written = one.keys() | other.keys()
    same = sum(one.get(place) == other.get(place) for place in written)
    return len(written) >= LEAST_CELLS and same >= LEAST_SAME * len(written)


def _note(page: SheetPage, is_repeated: bool) -> None:
    known = page.quality or {"is_good": True, "problems": []}
    problems = [one for one in known["problems"] if one["kind"] != REPEATED]
    problems += [{"kind": REPEATED, "place": ""}] if is_repeated else []
    if problems != known["problems"]:
        SheetPage.objects.filter(pk=page.pk).update(quality=known | {"problems": problems})
