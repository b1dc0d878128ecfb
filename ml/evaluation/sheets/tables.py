"""Read photographs of ruled tables: which cells were found, and how many are read exactly."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ml.data.cases.case_lines import Hand
from ml.evaluation.reading import encode_png, read_drawings
from ml.evaluation.sheets.camera import Photograph, photograph
from ml.evaluation.sheets.handwriting import make_writer
from ml.evaluation.sheets.ruled import SIZE_MM, STYLES, RuledTable, draw_ruled_table
from ml.expects import parse_expectation
from ml.recognition.reader import Reader
from ml.sheets.calibration import Read, ReadCell, calibrate_table
from ml.sheets.layout import Cell
from ml.sheets.pages import CutCell
from ml.sheets.solving import Place, solve
from ml.sheets.states import CellState
from ml.sheets.tables import cut_table, find_table
from ml.sheets.template import parse_template

LARGEST_CORNER_ERROR = 0.03  # of a cell's mean side


@dataclass
class TableRecord:
    """What became of the photograph of a ruled table.

    Attributes:
        cells: how many there are to fill in; `found` of them were cut with all corners in place, as they stand.
        extra: cells that were cut and are none of those.
        right: cells to be read whose text is exactly what was written, of `written`.
    """

    style: str
    is_found: bool = False
    cells: int = 0
    found: int = 0
    extra: int = 0
    written: int = 0
    right: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether all cells were found, and no others."""
        return self.is_found and self.found == self.cells and not self.extra


def read_tables(reader: Reader, hands: Sequence[Hand], numbers: Iterable[int], seed: int) -> Iterator[TableRecord]:
    """Yield what becomes of the photographs of the tables with some numbers."""
    for number in numbers:
        rng = np.random.default_rng([seed, 1000 + number])
        writer = make_writer(hands[number % len(hands)], (), rng)
        page, table = draw_ruled_table(number, writer, rng)
        yield _read_table(photograph(page, SIZE_MM, rng), table, reader)


def _read_table(taken: Photograph, table: RuledTable, reader: Reader) -> TableRecord:
    record = TableRecord(table.style, cells=len(table.cells()), written=len(table.entries))
    pixels = np.asarray(Image.open(io.BytesIO(taken.data)).convert("RGB"))
    found = find_table(pixels)
    if found is None:
        return record
    record.is_found, record.problems = True, [" ".join(problem).strip() for problem in found.problems]
    cut = cut_table(pixels, found).cells
    placed = match_cells(cut, table.cells(), taken)
    record.found, record.extra = len(placed), len(cut) - len(placed)
    texts = _read_cells(placed, table, reader)
    record.right = sum(texts.get(place) == entry.text for place, entry in table.entries.items())
    return record


def match_cells(cut: Sequence[CutCell], cells: Sequence[Cell], taken: Photograph) -> dict[Place, CutCell]:
    """Return the cut cells whose corners are where a cell's are, by the place of that cell."""
    corners = np.array([corner for cell in cells for corner in cell.rect.corners])
    truth = taken.view.find_px(corners).reshape(-1, 4, 2)
    sides = np.linalg.norm(np.roll(truth, -1, axis=1) - truth, axis=2).mean(axis=1)
    found = {}
    for one in cut:
        errors = np.linalg.norm(truth - np.array(one.quad), axis=2).max(axis=1) / sides
        nearest = int(errors.argmin())
        if errors[nearest] <= LARGEST_CORNER_ERROR:
            found[cells[nearest].row, cells[nearest].column] = one
    return found


def _read_cells(placed: dict[Place, CutCell], table: RuledTable, reader: Reader) -> dict[Place, str]:
    """Return the text of each cell that was found, its columns named as a person would."""
    columns = [
        {"name": str(column), "expects": topic.expects} if topic else {"name": str(column), "kind": "label"}
        for column, topic in enumerate(table.topics)
    ]
    template = parse_template({"title": "Ruled", "rows": len(table.y) - 1 - table.head_rows, "columns": columns})
    cells: dict[Place, ReadCell] = {}
    for column, topic in enumerate(table.topics):
        own = {place: cell for place, cell in placed.items() if place[1] == column and topic is not None}
        cells |= {place: ReadCell(cell.state) for place, cell in own.items()}
        # not read before its columns are named
        written = {place: cell for place, cell in own.items() if cell.state in (CellState.WRITTEN, CellState.NOT_READ)}
        sent = [encode_png(Image.fromarray(cell.pixels)) for cell in written.values()]
        expectation = parse_expectation(topic.expects) if topic is not None else None
        for place, reading in zip(written, read_drawings(reader, sent, expectation), strict=True):
            if reading is not None:
                others = [(one.text, one.probability) for one in reading.alternatives]
                read = Read(reading.text, reading.confidence, others, reading.written)
                cells[place] = ReadCell(CellState.WRITTEN, read)
    solved = solve(template, calibrate_table(template, cells)).cells
    return {place: one.text for place, one in solved.items()}


def summarize_tables(records: Sequence[TableRecord]) -> dict[str, Any]:
    """Return the figures of all tables, and of each style."""
    figures: dict[str, Any] = {"tables": len(records), **_summarize(records)}
    for style in STYLES:
        figures[style] = _summarize([record for record in records if record.style == style])
    return figures


def _summarize(records: Sequence[TableRecord]) -> dict[str, Any]:
    cells, written = sum(record.cells for record in records), sum(record.written for record in records)
    return {
        "tables found": sum(record.is_found for record in records),
        "tables exact": sum(record.is_exact for record in records),
        "cells found": round(sum(record.found for record in records) / max(cells, 1), 4),
        "extra cells": sum(record.extra for record in records),
        "read exactly": round(sum(record.right for record in records) / max(written, 1), 4),
    }
