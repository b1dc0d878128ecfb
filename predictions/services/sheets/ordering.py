"""The order of a sheet's pages: move one, and take one again in its place."""

from collections.abc import Sequence

from django.db import transaction

from predictions.models.sheets import Sheet, SheetPage
from predictions.services.sheets.taking import add_pages, remove_page


def move_page(page: SheetPage, steps: int) -> None:
    """Move a page by so many places, up for a negative number; not beyond the ends."""
    with transaction.atomic():
        sheet = Sheet.objects.select_for_update(no_key=True).get(pk=page.sheet_id)
        pages = list(sheet.pages.order_by("number"))
        places = [one.pk for one in pages]
        at = places.index(page.pk) if page.pk in places else None
        if at is None:
            return  # removed in another tab
        pages.insert(max(0, min(at + steps, len(pages) - 1)), pages.pop(at))
        _number(pages)


def retake_page(page: SheetPage, files: Sequence[bytes]) -> None:
    """Put new photographs in the place of a page. Raises what `add_pages` raises, and then changes nothing."""
    with transaction.atomic():
        sheet = Sheet.objects.select_for_update(no_key=True).get(pk=page.sheet_id)
        before = [one.pk for one in sheet.pages.order_by("number")]
        at = before.index(page.pk) if page.pk in before else len(before)
        remove_page(page)  # first, since a sheet may be full
        add_pages(sheet, files)
        pages = list(sheet.pages.order_by("number"))
        kept = [one for one in pages if one.pk in before]
        added = [one for one in pages if one.pk not in before]
        _number([*kept[:at], *added, *kept[at:]])


def _number(pages: list[SheetPage]) -> None:
    """Renumber the pages from 1. The constraint is checked at the end of the transaction."""
    for number, page in enumerate(pages, 1):
        if page.number != number:
            SheetPage.objects.filter(pk=page.pk).update(number=number)
