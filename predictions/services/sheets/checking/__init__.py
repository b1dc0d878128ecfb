"""Checking a sheet: what its owner says about its cells, and how sure a cell must be to need no look."""

from predictions.services.sheets.checking.changes import (
    Action,
    Change,
    ChangeConflict,
    InvalidChange,
    accept_above,
    cells_of,
    change_cell,
    undo,
)

__all__ = [
    "Action",
    "Change",
    "ChangeConflict",
    "InvalidChange",
    "accept_above",
    "cells_of",
    "change_cell",
    "undo",
]
