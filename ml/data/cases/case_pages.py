"""Made pages of each kind that readers of numbers are known to get wrong, for evaluation."""

from collections.abc import Iterator, Sequence

import numpy as np

from ml.data.cases.case_lines import group_hands
from ml.data.cases.case_page import CasePage
from ml.data.cases.number_cases import NUMBER_KINDS
from ml.data.cases.sign_cases import SIGN_KINDS
from ml.data.datasets import PenDigit

KINDS = {**NUMBER_KINDS, **SIGN_KINDS}
SEED = 707


def draw_case_pages(kind: str, pens: Sequence[PenDigit], count: int, seed: int = SEED) -> Iterator[CasePage]:
    """Yield `count` pages of one of KINDS, each by one writer; always the same ones for the same seed.

    Args:
        kind: the kind of page.
        pens: digits of people whose writing was not trained on; only writers of all ten digits are used.
        count: how many.
        seed: of everything random, together with the kind.
    """
    hands = group_hands(pens)
    rng = np.random.default_rng([seed, *kind.encode()])
    for place in range(count):
        yield KINDS[kind](hands[place % len(hands)], rng)
