"""Do something in short steps until it is done or a budget is used up."""

import time
from collections.abc import Callable
from dataclasses import dataclass

SLICE = 500  # rows of one transaction
BUDGET_S = 5.0  # of a task; a sweep comes every 30 s


@dataclass(frozen=True)
class Outcome:
    """What a run did. count: of rows. is_finished: whether nothing is left for now."""

    count: int = 0
    is_finished: bool = True

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.count + other.count, self.is_finished and other.is_finished)


def in_slices(*steps: Callable[[], int], budget_s: float = BUDGET_S) -> Outcome:
    """Call each step again while it deals with SLICE rows, until all are done or `budget_s` has passed.

    Each is called once at least. A step returns how many rows it dealt with, SLICE at most.
    """
    until = time.monotonic() + budget_s
    outcome = Outcome()
    for step in steps:
        outcome += _repeat(step, until)
    return outcome


def _repeat(step: Callable[[], int], until: float) -> Outcome:
    count = 0
    while True:
        done = step()
        count += done
        if done < SLICE:
            return Outcome(count)
        if time.monotonic() >= until:
            return Outcome(count, is_finished=False)
