"""Follow a page's printed lines, so that a bent or wrinkled page is straightened.

The marks say where the page is to a few millimetres. From there, a mesh over the page is moved until what is printed
lies where the layout says: coarsely along whole bands of the table, where neighbours may differ little, then finer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import PageLayout
from ml.sheets.photographs.following import EDGE_NODES, FOLLOW_PX_PER_MM, NODE_MM, STAGES, draw_expected, find_moves

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Values = NDArray[np.float32]

STIFF = 0.05  # against bending a page to few marks


@dataclass(frozen=True)
class Mesh:
    """Where the nodes of a regular grid over the page, and a little beyond, are on its photograph.

    Attributes:
        transform: (3, 3), from mm of a flat page to px.
        moves: (rows, columns, 2): by how many mm each node is moved before it is transformed.
    """

    transform: NDArray[np.float64]
    moves: Values

    def locate(self, points: Points) -> Points:
        """Return the px of points (n, 2) in mm of the page."""
        at = (points / NODE_MM + EDGE_NODES).astype(np.float32)
        moved = cv2.remap(self.moves, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.perspectiveTransform((points + moved[0])[None], self.transform)[0])

    def straighten(self, pixels: Pixels, width_mm: float, height_mm: float, px_per_mm: float) -> Pixels:
        """Return the page as if it had been scanned; the middle of pixel (0, 0) is half a pixel from its corner."""
        size = round(width_mm * px_per_mm), round(height_mm * px_per_mm)
        step = NODE_MM / 2
        xs, ys = (np.arange(-1, int(side / step) + 3) * step for side in (width_mm, height_mm))
        grid = np.stack(np.meshgrid(xs, ys), axis=-1)
        seen = self.locate(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
        # An affine map enlarges the coarse grid to one entry a pixel.
        scale = 1 / (px_per_mm * step)
        offset = 0.5 * scale + 1
        enlarge = np.array([[scale, 0, offset], [0, scale, offset]])
        at = cv2.warpAffine(seen, enlarge, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return np.asarray(cv2.remap(pixels, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def fit_mesh(grey: Pixels, transform: NDArray[np.float64], layout: PageLayout, marks: Mapping[int, Points]) -> Mesh:
    """Return the mesh that puts what is printed where the layout says.

    Args:
        grey: the photograph.
        transform: of the marks, from mm to px.
        layout: of the page.
        marks: the corners in px of those found, by id.
    """
    shape = tuple(int(np.ceil(side / NODE_MM)) + 1 + 2 * EDGE_NODES for side in (layout.height_mm, layout.width_mm))
    mesh = Mesh(transform, _bend_to_marks(shape, transform, layout, marks))
    expected = draw_expected(layout)
    for stage in STAGES:
        page = mesh.straighten(grey, layout.width_mm, layout.height_mm, FOLLOW_PX_PER_MM)
        mesh = replace(mesh, moves=mesh.moves + find_moves(page, expected, shape, stage))
    return mesh


def _bend_to_marks(
    shape: tuple[int, ...], transform: NDArray[np.float64], layout: PageLayout, marks: Mapping[int, Points]
) -> Values:
    """Return moves by which the marks in the middle of the sides lie where they are on a page that is bent."""
    size = np.array([layout.width_mm, layout.height_mm])
    known = [mark for mark in layout.marks if mark.id in marks]
    places = np.concatenate([mark.rect.corners for mark in known])
    seen = np.concatenate([marks[mark.id] for mark in known])
    moved = cv2.perspectiveTransform(seen[None], np.linalg.inv(transform))[0] - places
    terms = _bend_terms(places / size)
    curve = np.linalg.solve(terms.T @ terms + STIFF * np.eye(terms.shape[1]), terms.T @ moved)
    ys, xs = ((np.arange(count) - EDGE_NODES) * NODE_MM for count in shape)
    nodes = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return np.asarray((_bend_terms(nodes / size) @ curve).reshape(*shape, 2), dtype=np.float32)


def _bend_terms(points: Points) -> Points:
    """Return (n, 6): the terms of a surface that bends from the top to the bottom, points are shares of the page."""
    right, down = 2 * points.T - 1
    return np.stack([np.ones_like(right), right, down, right * down, down**2, right * down**2], axis=1)
