"""Fit the calibration of cells on photographs of the tuning set: few numbers, kept in `ml.sheets.calibration`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.sheets.figures import read_of
from ml.evaluation.sheets.forms import make_form
from ml.evaluation.sheets.photographs import PageRecord
from ml.sheets.calibration.cells import find_features, find_forms, weigh_texts
from ml.sheets.states import CellState

RIDGE = 0.5  # pulls each number but the offset towards its mean, so that few cells move it little
TOWARDS = (1.0, 0.0, -1.0, -1.0)
STEPS = 50


def collect_features(pages: Sequence[PageRecord], seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the features of each written cell that was read, and whether its likeliest text is right."""
    rows, right = [], []
    for page in pages:
        template = make_form(page.form, seed).template
        cells = {(cell.row, cell.column): read_of(cell) for cell in page.cells if cell.state is not None}
        forms = find_forms(template, cells)
        for cell in page.cells:
            read = cells[cell.row, cell.column].read if cell.state == CellState.WRITTEN else None
            if read is not None and read.written.strip("#"):
                expectation = template.columns[cell.column].expects
                chances = weigh_texts(read, expectation, forms.get(cell.column))
                rows.append(find_features(chances, read, expectation))
                right.append(max(chances, key=chances.__getitem__) == cell.entry.text)
    return np.array(rows), np.array(right)


def fit(features: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weights of a logistic curve, by Newton's steps."""
    towards = np.array(TOWARDS)
    ridge = np.diag([RIDGE, 0.0] + [RIDGE] * (features.shape[1] - 2))
    weights = towards.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (right - chance) - ridge @ (weights - towards)
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + ridge + 1e-9 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights
