"""Sheets: templates, photographs of filled-in pages, and their cells, each of which is a submission."""

from predictions.models.sheets.cells import CellChange, CellState, SheetCell, ValueSource
from predictions.models.sheets.pages import PageFile, SheetPage
from predictions.models.sheets.sheets import MAX_PAGES, Sheet, SheetTemplate, TemplateKind

__all__ = [
    "MAX_PAGES",
    "CellChange",
    "CellState",
    "PageFile",
    "Sheet",
    "SheetCell",
    "SheetPage",
    "SheetTemplate",
    "TemplateKind",
    "ValueSource",
]
