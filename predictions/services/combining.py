"""Combine calls that come together: one thread does the work of all that wait, as in a group commit.

The first caller is the leader and does its work at once, so a lone call costs no more than without this. Calls that
come while it works form the next group, and the first of them leads it. There is no thread of its own: nothing has to
be started after a fork, or stopped when the process ends, and no timer waits for a larger group.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Call(Generic[T]):
    """One thing to be done; the thread that waits for it may have to lead its group."""

    __slots__ = ("is_new", "item", "leads", "outcome", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.is_new = True  # neither added nor withdrawn
        self.leads = False
        self.outcome: Any = None
        self.turn = threading.Lock()  # released when the outcome is known, or when it is its turn to lead
        self.turn.acquire()


class Combiner(Generic[T, R]):
    """Does `work` for up to `limit` items at a time, in the thread of one of their callers."""

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R | Exception]],
        limit: int,
        afterwards: Callable[[Sequence[T]], object] = lambda items: None,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            work: returns the result of each item, or the exception to raise in its caller. What it raises is raised in
                all of them.
            limit: of items at a time.
            afterwards: called by the leader with the items of its group, once the others and the next group go on.
        """
        self._work, self._afterwards = work, afterwards
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[Call[T]] = deque()
        self._is_busy = False

    def do(self, item: T, timeout_s: float, before_wait: Callable[[], object] = lambda: None) -> R:
        """Return the result of `item`.

        Args:
            before_wait: called if others are at work, to give back what they may need.

        Raises:
            TimeoutError: if nobody began with it within `timeout_s`; then nobody will.
        """
        call = Call(item)
        self.add(call)
        if not call.leads:
            before_wait()
        return self.finish(call, timeout_s)

    def add(self, call: Call[T]) -> bool:
        """Queue a call, perhaps of another thread, which must `finish` it; False if it is not new any more."""
        with self._lock:
            if not call.is_new:
                return False
            call.is_new = False
            self._waiting.append(call)
            if self._is_busy:
                return True
            self._is_busy = call.leads = True
        call.turn.release()
        return True

    def finish(self, call: Call[T], timeout_s: float) -> R:
        """Wait for the result of a call, and lead its group if it is its turn. Raises TimeoutError as `do`."""
        if not call.turn.acquire(timeout=timeout_s):
            if self._withdraw(call):
                raise TimeoutError
            call.turn.acquire()  # somebody is at work on it, or it is to lead
        if call.leads:
            self._lead()
        if isinstance(call.outcome, BaseException):
            raise call.outcome
        result: R = call.outcome
        return result

    def _withdraw(self, call: Call[T]) -> bool:
        """Take a call back; False if it is too late for that."""
        with self._lock:
            is_new, call.is_new = call.is_new, False
            if is_new:
                return True
            if call.leads or call not in self._waiting:
                return False
            self._waiting.remove(call)
            return True

    def _lead(self) -> None:
        """Do the work of the first calls, of which this thread's is one, and let the next in line lead."""
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
        try:
            outcomes: Sequence[Any] = self._work([call.item for call in group])
        except BaseException as error:  # raised again in each caller
            outcomes = [error] * len(group)
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_busy = following is not None
            if following:
                following.leads = True
        if following:
            following.turn.release()
        for call, outcome in zip(group, outcomes, strict=True):
            call.outcome = outcome
            if not call.leads:
                call.turn.release()
        self._afterwards([call.item for call in group])
