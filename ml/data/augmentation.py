"""Random augmentation of strokes before they are rendered."""

import numpy as np
from numpy.typing import NDArray

Strokes = list[NDArray[np.float64]]  # each (points, 2)

TILT_RAD, TILTED_SHARE = 0.40, 0.25  # some people write at 20 degrees, most do not
THINNEST_PEN, THICKEST_PEN = 0.012, 0.26  # of the drawing's extent


def augment_strokes(
    strokes: Strokes, rng: np.random.Generator, thickest_pen: float = THICKEST_PEN, is_steady: bool = False
) -> tuple[Strokes, float]:
    """Return randomly sheared, stretched, rotated and wavering strokes, and a random pen width in their units.

    Args:
        strokes: in any unit.
        rng: source of everything random.
        thickest_pen: as a fraction of the drawing's extent; less for a drawing that a thick pen would blot.
        is_steady: never tilt by more than a little, where the angle makes the difference: a slash is no 1.
    """
    is_tilted = rng.uniform() < TILTED_SHARE and not is_steady
    angle = rng.uniform(-TILT_RAD, TILT_RAD) if is_tilted else rng.normal(0, 0.10)
    shear = rng.normal(0, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[np.exp(rng.normal(0, 0.15)), shear], [0.0, 1.0]])
    extent = max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1.0)
    wave = rng.normal(0, 0.012 * extent, (2, 2, 2))  # two slow waves, each with its phase, for x and y
    varied = []
    for stroke in strokes:
        phase = stroke[:, ::-1, None] / extent * np.array([3.0, 6.0])
        bent = stroke + (wave[0] * np.sin(phase) + wave[1] * np.cos(phase)).sum(axis=-1)
        varied.append(bent @ (turn @ slant).T)
    pen = extent * float(np.exp(rng.uniform(np.log(THINNEST_PEN), np.log(thickest_pen))))
    return varied, pen
