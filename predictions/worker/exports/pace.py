"""The pace of an export: short steps, each under the watchdog, and more urgent work between them."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from predictions.claims import Interrupted
from predictions.worker import recognize
from predictions.worker.watchdog import watched

STEP_S = 0.1  # a drawing that arrives waits for so long at most, and for the row that is being written

GoOn = Callable[[], bool]


class Pace:
    """Steps of about STEP_S while the block runs, if it calls `step` often.

    Attributes:
        done: drawings that are written.
    """

    def __init__(self, go_on: GoOn) -> None:
        """go_on: called between steps, to do more urgent work; False if this worker is about to end."""
        self.done = 0
        self._go_on = go_on
        self._step = ExitStack()
        self._began_at = 0.0

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._step.close()

    def step(self, done: int = 0) -> None:
        """Do more urgent work if it is time for that. Raises Interrupted if this worker is about to end.

        done: drawings that were written since the last call.
        """
        self.done += done
        if time.monotonic() - self._began_at < STEP_S:
            return
        self._step.close()
        if not self._go_on():
            raise Interrupted
        self._begin()

    def _begin(self) -> None:
        self._step.enter_context(recognize.network_lock)  # whose holder alone may use the watchdog
        self._step.enter_context(watched())
        self._began_at = time.monotonic()
