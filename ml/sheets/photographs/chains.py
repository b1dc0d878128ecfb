"""Find together how far the nodes along a band of lines are off, which bridges what fits in several places."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

BOW_STEP_PX = 2
STEP_COST, FAR_COST = 0.02, 0.15  # of a px between neighbours, squared; of being as far off as may be


def find_chain(score: Values) -> NDArray[np.int64]:
    """Return the best shift at each node, found beside a bow: of a page that is bent, the middle is farthest off."""
    reach, (_, high, wide) = len(score) // 2, score.shape
    rows, columns = np.arange(high)[:, None], np.arange(wide)[None, :]
    bow = max(_list_bows(reach // 2, high, wide), key=lambda one: float(score[reach + one, rows, columns].sum()))
    near = np.arange(-(reach // 2), reach // 2 + 1)[:, None, None]
    return np.asarray(_chain(score[reach + near + bow, rows, columns]) + reach - reach // 2 + bow)


def _list_bows(reach: int, high: int, wide: int) -> Iterator[NDArray[np.int64]]:
    """Yield (high, wide) shifts of a page that is bent to both sides, to the top and bottom, or both: none first."""
    down, across = (1 - np.linspace(-1, 1, count) ** 2 for count in (high, wide))
    sizes = sorted(range(-reach, reach + 1, BOW_STEP_PX), key=abs)
    for one, two in product(sizes, sizes):
        yield np.clip(np.rint(one * down[:, None] + two * across[None, :]), -reach, reach).astype(int)


def _chain(score: Values) -> NDArray[np.int64]:
    """Return the best shift at each node where neighbours from left to right differ little: a Viterbi search."""
    shifts = np.arange(len(score)) - len(score) // 2
    apart = STEP_COST * (shifts[:, None] - shifts[None, :]) ** 2
    gain = score - FAR_COST * (shifts / shifts[-1])[:, None, None] ** 2
    total, back = gain[:, :, 0], []
    for column in range(1, score.shape[2]):
        options = total[None, :, :] - apart[:, :, None]
        back.append(options.argmax(axis=1))
        total = options.max(axis=1) + gain[:, :, column]
    best = [total.argmax(axis=0)]
    for step in reversed(back):
        best.append(np.take_along_axis(step, best[-1][None], axis=0)[0])
    return np.stack(best[::-1], axis=1)
