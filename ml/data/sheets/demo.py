"""Make the page that people can try: a mark list, filled in with strokes of ours, photographed on a desk.

    python -m ml.data.sheets.demo FOLDER

writes `form.json`, the template, and `page.jpg`. The page has no code: it is nobody's until somebody tries it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ml.data.lines.styled_digits import standing
from ml.data.sheets.filling import Writer, fill_page
from ml.data.sheets.photographs import Conditions, photograph
from ml.data.templates import draw_template, rare_digit_templates
from ml.sheets.layout import lay_out
from ml.sheets.template import parse_template

SEED = 27
TASKS, POINTS = 4, 10
PUPILS = (
    *("Ada", "Alan", "Barbara", "Claude", "Donald", "Edsger", "Grace", "Hedy"),
    *("John", "Katherine", "Margaret", "Niklaus"),
)
ABSENT, MISCOUNTED = 7, 4  # rows: one pupil has no marks, and somebody cannot add
STYLES = (1, 2, 0, 0, 0, 0, 0, 0, 0, 0)  # of each digit, the writer's
VARIANTS = 6  # of each digit
SIZE_PX, QUALITY = (1500, 2000), 72
LIMIT_BYTES = 300_000


def make_form() -> dict[str, Any]:
    """Return the template as `parse_template` takes it."""
    points = {"kind": "number", "decimal": "none", "min": 0, "max": POINTS}
    total = {"kind": "number", "decimal": "none", "min": 0, "max": TASKS * POINTS}
    tasks = [{"name": f"Task {number}", "expects": points} for number in range(1, TASKS + 1)]
    return {
        "title": "Marks, class 7b",
        "rows": len(PUPILS),
        "row_mm": 13,
        "columns": [
            {"name": "Name", "kind": "label", "width": 1.6, "labels": list(PUPILS)},
            *tasks,
            {"name": "Sum", "expects": total},
        ],
        "sums": [{"kind": "row", "total": TASKS + 1, "parts": list(range(1, TASKS + 1))}],
    }


def write_marks(rng: np.random.Generator) -> dict[tuple[int, int], str]:
    """Return what is written, by row and column: marks and their sums, of which one is wrong."""
    texts: dict[tuple[int, int], str] = {}
    for row in range(len(PUPILS)):
        if row == ABSENT:
            continue
        marks = [int(mark) for mark in rng.integers(3, POINTS + 1, TASKS)]
        texts |= {(row, column): str(mark) for column, mark in enumerate(marks, start=1)}
        texts[row, TASKS + 1] = str(sum(marks) + (row == MISCOUNTED))
    return texts


def make_writer(rng: np.random.Generator) -> Writer:
    """Return somebody's hand: each digit in one of our styles, never twice alike."""
    styles: dict[int, list[str]] = {}
    for digit, style in rare_digit_templates():
        styles.setdefault(digit, []).append(style)
    return {
        digit: [standing(draw_template(styles[digit][chosen], rng, is_round=True)) for _ in range(VARIANTS)]
        for digit, chosen in enumerate(STYLES)
    }


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rng = np.random.default_rng(SEED)
    form = make_form()
    template = parse_template(form)
    [layout] = lay_out(template)
    page = fill_page(layout, template, "", make_writer(rng), rng, write_marks(rng))
    taken = Conditions(
        size=SIZE_PX, tilt_degrees=13, turn_degrees=-4, fill=0.94, bend_mm=4, wrinkle_mm=0.8, light=0.72, shadow=0.75
    )
    seen = photograph(page, taken, rng).pixels
    data = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    if len(data) > LIMIT_BYTES:
        raise SystemExit(f"The picture has {len(data)} bytes, more than {LIMIT_BYTES}.")
    (folder / "form.json").write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    (folder / "page.jpg").write_bytes(data)


if __name__ == "__main__":
    main()
