"""Somebody else's ruled table on a photograph: find its lines, know its form again, and cut its cells."""

from ml.sheets.tables.cutting import cut_table
from ml.sheets.tables.finding import find_table
from ml.sheets.tables.found import FoundTable, is_same_form

__all__ = ["FoundTable", "cut_table", "find_table", "is_same_form"]
