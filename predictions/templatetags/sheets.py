"""How templates name sheets."""

from django import template

from predictions.models.sheets import Sheet
from predictions.pages.sheets.sheet import title_of

register = template.Library()


@register.filter
def sheet_title(sheet: Sheet) -> str:
    """Return what the sheet is called."""
    return title_of(sheet)
