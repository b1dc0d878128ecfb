"""An automaton over digits and signs, stepped symbol by symbol; it has no loops, so all its texts are finite."""

from collections.abc import Iterable
from dataclasses import dataclass

State = int  # a set of positions, one bit each; opaque to callers
MAX_KNOWN_STEPS = 4096  # remembered steps an automaton; beyond that it forgets them all
DIGITS = frozenset("0123456789")


@dataclass(frozen=True)
class Place:
    """One place of a form: the symbols that may stand there, and whether it may be left out."""

    symbols: frozenset[str]
    is_optional: bool = False


Places = tuple[Place, ...]


class Automaton:
    """Accepts what fits one of several sequences of places.

    A sequence of n places has n + 1 positions, each a bit of the state (as in the Shift-And algorithm of Baeza-Yates
    and Gonnet); a position counts the places that are done. A step costs at most one operation a position.
    """

    def __init__(self, alternatives: Iterable[Places]) -> None:
        """Lay out the positions of all alternatives side by side."""
        self._accepting: dict[str, int] = {}  # symbol -> the positions whose next place takes it
        self._closures: list[State] = []  # for each position, itself and those reached by leaving places out
        self._final: State = 0
        self.start: State = 0
        for places in alternatives:
            self._add(places)
        self.symbols = frozenset(self._accepting)
        self._known_steps: dict[tuple[State, str], State] = {}

    def _add(self, places: Places) -> None:
        first = len(self._closures)
        closures = [1 << (first + len(places))]
        self._final |= closures[0]
        for offset in reversed(range(len(places))):
            bit = 1 << (first + offset)
            closures.append(bit | closures[-1] if places[offset].is_optional else bit)
            for symbol in places[offset].symbols:
                self._accepting[symbol] = self._accepting.get(symbol, 0) | bit
        closures.reverse()
        self._closures += closures
        self.start |= closures[0]

    def step(self, state: State, symbol: str) -> State | None:
        """Return the state after a symbol, or None if no text goes on like that."""
        key = (state, symbol)
        known = self._known_steps.get(key)
        if known is None:
            if len(self._known_steps) >= MAX_KNOWN_STEPS:
                self._known_steps.clear()
            known = self._known_steps[key] = self._find_next(state & self._accepting.get(symbol, 0))
        return known or None

    def _find_next(self, accepting: State) -> State:
        following = 0
        while accepting:
            lowest = accepting & -accepting
            following |= self._closures[lowest.bit_length()]
            accepting ^= lowest
        return following

    def is_final(self, state: State) -> bool:
        """Return whether a text may end here."""
        return bool(state & self._final)

    def accepts(self, text: str) -> bool:
        """Return whether the whole text fits."""
        state = self.start
        for symbol in text:
            following = self.step(state, symbol)
            if following is None:
                return False
            state = following
        return self.is_final(state)
