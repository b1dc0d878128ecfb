"""Tools that find on a photograph what a test says: real pictures of cells, and no OpenCV."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.sheets.layout import PageLayout
from ml.sheets.pages import CutCell, CutPage
from ml.sheets.problems import Problem
from ml.sheets.states import CellState
from ml.sheets.template import Template
from predictions.worker.sheets.tools import Tools

SIDE = 40


@dataclass(frozen=True)
class Found:
    """What stands for a FoundPage or FoundTable: what the test wrote as JSON in place of a photograph."""

    about: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    @property
    def code(self) -> str:
        return str(self.about.get("code", ""))

    @property
    def is_good(self) -> bool:
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        if "lines" in self.about:
            return {"lines": self.about["lines"]}
        return {"is_good": self.is_good, "problems": [one._asdict() for one in self.problems]}


def photograph(**about: Any) -> bytes:
    """Return what stands for a photograph.

    Args:
        about: `code` and `problems` of a page of ours, or `lines` of a table without marks, which `looks_like` the
            template with that title; `states` of cells by "row,column", the others are written; `cut_off`: whether
            the cells lie beyond the photograph; `reasons` why neither marks nor lines are found.
    """
    return json.dumps(about).encode()


def _open(data: bytes) -> Any:
    pixels = np.full((50, 40), 255, np.uint8).view(Picture)
    pixels.about = json.loads(data)
    return pixels


class Picture(np.ndarray):
    """Pixels that know what the test says of them."""

    about: Mapping[str, Any] = {}


def _find_page(pixels: Picture) -> Found | None:
    if "code" not in pixels.about:
        return None
    return Found(pixels.about, [Problem(kind, "upper left") for kind in pixels.about.get("problems", ())])


def _find_table(pixels: Picture) -> Found | None:
    if "lines" not in pixels.about:
        return None
    return Found(pixels.about, [Problem(kind) for kind in pixels.about.get("problems", ())])


def _cut(about: Mapping[str, Any], places: Sequence[tuple[int, int]]) -> CutPage:
    states, cells = about.get("states", {}), []
    for row, column in places:
        pixels = np.full((SIDE, SIDE), 255, np.uint8)
        pixels[10:30, 18:22] = 0  # a stroke
        state = CellState(states.get(f"{row},{column}", "written"))
        quad = ((-9.0 if about.get("cut_off") else 0.0, 0.0),) * 4
        cells.append(CutCell(row, column, (column * SIDE, row * SIDE, SIDE, SIDE), quad, pixels, state))
    return CutPage(np.full((100, 80), 255, np.uint8), cells)


def _cut_page(pixels: Picture, found: Found, layout: PageLayout, template: Template) -> CutPage:
    return _cut(pixels.about, [(cell.row, cell.column) for cell in layout.cells])


def _cut_table(pixels: Picture, found: Found) -> CutPage:
    rows, columns = pixels.about["lines"]
    return _cut(pixels.about, [(row, column) for row in range(rows) for column in range(columns)])


TOOLS = Tools(
    open_image=_open,
    open_pdf=lambda data: [json.dumps(one).encode() for one in json.loads(data)],
    find_page=_find_page,
    cut_page=_cut_page,
    find_table=_find_table,
    cut_table=_cut_table,
    is_same_form=lambda stored, found: stored == found.as_dict(),
    is_unmarked_page=lambda pixels, found, template: pixels.about.get("looks_like") == template.title,
    explain_missing=lambda pixels: [Problem(kind) for kind in pixels.about.get("reasons", ())],
)
