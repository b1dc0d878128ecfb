"""Read made photographs as a worker does: find the page, cut its cells, read each under what is expected of it."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.data.cases.case_lines import Hand, group_hands
from ml.data.datasets import MNIST_HELD_OUT, load_mnist, load_pen_digits, split_writers
from ml.evaluation.reading import encode_png, read_drawings
from ml.evaluation.sheets.camera import Photograph, photograph
from ml.evaluation.sheets.entries import Entry, fill_in
from ml.evaluation.sheets.forms import make_form
from ml.evaluation.sheets.handwriting import make_writer
from ml.evaluation.sheets.paper import draw_paper
from ml.recognition.reader import Reader
from ml.sheets.cutting import cut_page
from ml.sheets.layout import Cell, PageLayout
from ml.sheets.pages import CutCell
from ml.sheets.registration import find_page
from ml.sheets.solving import Place
from ml.sheets.states import CellState
from ml.sheets.template import Template
from ml.types import CLASSES

CODE = "MEASURED/{form}"
FORMS = 20  # templates
TUNING_SEED, SEED = 11, 26  # of the templates and of everything that is written on them

Scans = tuple[NDArray[np.uint8], ...]


@dataclass(frozen=True)
class People:
    """Who fills in the pages: no network was trained on what they wrote."""

    hands: Sequence[Hand]
    scans: Scans


@dataclass
class CellRecord:
    """What became of a cell.

    Attributes:
        corner_error: how far the worst corner is off, as a share of the cell's mean side; None if it was not cut.
        read: the reading as a Prediction stores it, without its digits; None if there is none.
    """

    row: int
    column: int
    boxes: int
    kind: str
    entry: Entry
    state: str | None = None
    corner_error: float | None = None
    read: dict[str, Any] | None = None


@dataclass
class PageRecord:
    """What became of a photograph.

    Attributes:
        form: the number of its template.
        code: what its code was read as; None if no page was found.
    """

    number: int
    form: int
    code: str | None = None
    problems: list[str] = field(default_factory=list)
    cells: list[CellRecord] = field(default_factory=list)


def load_people(data: Path, *, is_tuning: bool) -> People:
    """Return the writers of the test set and held-out scans; for tuning, other writers and other scans."""
    _, calibration, test = split_writers(load_pen_digits(data))
    images, labels = load_mnist("train", data)
    half = MNIST_HELD_OUT // 2
    part = slice(-half, None) if is_tuning else slice(-MNIST_HELD_OUT, -half)
    pixels, labels = np.round(images[part] * 255).astype(np.uint8), labels[part]
    scans = tuple(pixels[labels == digit] for digit in range(CLASSES))
    return People(group_hands(calibration if is_tuning else test), scans)


def read_photographs(
    reader: Reader, people: People, numbers: Iterable[int], *, seed: int = SEED
) -> Iterator[PageRecord]:
    """Yield what becomes of the photographs with some numbers, of FORMS templates. Takes about 5 s a photograph."""
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        form = make_form(number % FORMS, seed)
        entries = fill_in(form, rng)
        hand = people.hands[number % len(people.hands)]
        writer = make_writer(hand, people.scans if number % 2 else (), rng)
        code = CODE.format(form=number % FORMS)
        paper, layout = draw_paper(form.template, code, entries, writer, rng)
        taken = photograph(paper, (layout.width_mm, layout.height_mm), rng)
        record = PageRecord(number, number % FORMS)
        _read_page(record, taken, layout, form.template, entries, reader)
        yield record


def _read_page(
    record: PageRecord,
    taken: Photograph,
    layout: PageLayout,
    template: Template,
    entries: dict[Place, Entry],
    reader: Reader,
) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(taken.data)).convert("RGB"))
    records = {}
    for cell in layout.cells:
        place = cell.row, cell.column
        if place in entries:
            expects = template.columns[cell.column].expects
            kind = expects.kind.value if expects else ""
            records[place] = CellRecord(*place, len(cell.boxes), kind, entries[place])
    record.cells = list(records.values())
    found = find_page(pixels)
    if found is None:
        return
    record.code, record.problems = found.code, [" ".join(problem).strip() for problem in found.problems]
    cut = {(cell.row, cell.column): cell for cell in cut_page(pixels, found, layout, template).cells}
    for cell in layout.cells:
        place = cell.row, cell.column
        if place in records and place in cut:
            records[place].corner_error = measure_corners(cut[place], cell, taken)
            records[place].state = cut[place].state.value
    read_cells(reader, template, [cut[place] for place in records if place in cut], records)


def measure_corners(cut: CutCell, cell: Cell, taken: Photograph) -> float:
    """Return how far the worst corner of a cell is from its place, as a share of the cell's mean side."""
    truth = taken.view.find_px(np.array(cell.rect.corners))
    sides = np.linalg.norm(np.roll(truth, -1, axis=0) - truth, axis=1)
    return float(np.linalg.norm(np.array(cut.quad) - truth, axis=1).max() / sides.mean())


def read_cells(reader: Reader, template: Template, cells: Sequence[CutCell], records: dict[Place, CellRecord]) -> None:
    """Read the written cells, column by column."""
    for column, about in enumerate(template.columns):
        written = [cell for cell in cells if cell.column == column and cell.state is CellState.WRITTEN]
        sent = [encode_png(Image.fromarray(cell.pixels)) for cell in written]
        for cell, reading in zip(written, read_drawings(reader, sent, about.expects), strict=True):
            if reading is not None:
                stored = reading.as_dict()
                records[cell.row, cell.column].read = {
                    name: stored[name]
                    for name in ("text", "confidence", "alternatives", "written", "verdict", "reasons")
                }
