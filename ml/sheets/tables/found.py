"""`FoundTable`: where the lines of a ruled table are, and whether another photograph shows the same form."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.sheets.problems import Problem

WIDTH_TOLERANCE, WIDTH_SLACK = 0.12, 0.012  # of a column, and of the table
ASPECT_TOLERANCE = 0.25  # the camera's lens is not known, so height by width is not either
HEIGHT_TOLERANCE = 0.25  # of a row, relative to the typical one


@dataclass(frozen=True)
class FoundTable:
    """A ruled table on a photograph, upright.

    Attributes:
        corners: (rows + 1, columns + 1, 2) px of the photograph: where lines cross, heads included.
        head_rows: how many rows hold printed heads, from the top.
        widths: of the columns, relative to the table.
        heights: of all rows, relative to the table's width.
        turned: the degrees by which the photograph has to be turned clockwise to stand about upright: 0, 90, 180, 270.
        problems: of the photograph.
    """

    corners: NDArray[np.float64]
    head_rows: int
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    turned: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are to fill in."""
        return len(self.heights) - self.head_rows

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.widths)

    def as_dict(self) -> dict[str, Any]:
        """Return the table ready for JSON; `from_dict` takes it back."""
        return {
            "corners": np.round(self.corners, 1).tolist(),
            "head_rows": self.head_rows,
            "rows": self.rows,
            "widths": [round(width, 4) for width in self.widths],
            "heights": [round(height, 4) for height in self.heights],
            "turned": self.turned,
            "problems": [problem._asdict() for problem in self.problems],
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "FoundTable":
        """Return the table that `as_dict` has stored."""
        return cls(
            corners=np.array(stored["corners"], dtype=float),
            head_rows=stored["head_rows"],
            widths=tuple(stored["widths"]),
            heights=tuple(stored["heights"]),
            turned=stored["turned"],
            problems=[Problem(**problem) for problem in stored["problems"]],
        )


def is_same_form(stored: dict[str, Any], found: FoundTable) -> bool:
    """Return whether a table is the form that `FoundTable.as_dict` has stored: its rows, columns and their sizes."""
    known = FoundTable.from_dict(stored)
    if (known.rows, known.columns, known.head_rows) != (found.rows, found.columns, found.head_rows):
        return False
    widths, others = np.array(known.widths), np.array(found.widths)
    if (np.abs(widths - others) > WIDTH_TOLERANCE * widths + WIDTH_SLACK).any():
        return False
    heights, others = (np.array(one.heights[one.head_rows :]) for one in (known, found))
    if abs(float(heights.sum() / others.sum()) - 1) > ASPECT_TOLERANCE:
        return False
    return bool((np.abs(heights / heights.mean() - others / others.mean()) < HEIGHT_TOLERANCE).all())
