"""An expectation: its automaton for the decoder, its rules on the value, and its canonical form."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

from ml.expects import forms
from ml.expects.automaton import DIGITS, Automaton, State
from ml.expects.patterns import parse_pattern
from ml.expects.values import CHECK_FUNCTIONS, find_value, is_date, is_time, passes_check

CHECKS = tuple(CHECK_FUNCTIONS)
Option = str | int | float | bool
_KNOWN_AUTOMATONS = 256


class Kind(StrEnum):
    """What is expected. Stored; never rename one."""

    DIGIT = "digit"
    DIGITS = "digits"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    PATTERN = "pattern"


@dataclass(frozen=True)
class Expectation:
    """What will be written. Made by `parse_expectation`; equal ones have equal canonical forms.

    Attributes:
        options: the canonical options, sorted by name.
    """

    kind: Kind
    options: tuple[tuple[str, Option], ...] = ()

    @cached_property
    def _automaton(self) -> Automaton:
        return _build_automaton(self.kind, self.options)

    @property
    def symbols(self) -> frozenset[str]:
        """The digits and signs that may occur."""
        return self._automaton.symbols

    @property
    def allows_signs(self) -> bool:
        """Whether anything but digits may occur."""
        return not self.symbols <= DIGITS

    def start(self) -> State:
        """Return the state before the first symbol."""
        return self._automaton.start

    def step(self, state: State, symbol: str) -> State | None:
        """Return the state after a symbol, or None if no text of this form goes on like that."""
        return self._automaton.step(state, symbol)

    def is_final(self, state: State) -> bool:
        """Return whether a text may end in this state. Says nothing of the value: see `problem`."""
        return self._automaton.is_final(state)

    def problem(self, text: str) -> str | None:
        """Return why a text is not what was expected, or None if it is.

        Returns:
            "pattern" (another form), "date" or "time" (there is none like it), "number" (it has no value to compare),
            "min", "max" or "check".
        """
        if not self._automaton.accepts(text):
            return "pattern"
        if self.kind is Kind.DATE:
            return None if is_date(text) else "date"
        if self.kind is Kind.TIME:
            return None if is_time(text) else "time"
        options = dict(self.options)
        if "check" in options and not passes_check(str(options["check"]), text):
            return "check"
        return _find_limit_problem(text, options)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return the canonical form, ready for JSON; `parse_expectation` takes it back."""
        return {"kind": self.kind.value, **dict(self.options)}


def _find_limit_problem(text: str, options: dict[str, Option]) -> str | None:
    if not options.keys() & {"min", "max"}:
        return None
    value = find_value(text)
    if value is None:
        return "number"
    if "min" in options and value < Decimal(str(options["min"])):
        return "min"
    if "max" in options and value > Decimal(str(options["max"])):
        return "max"
    return None


@lru_cache(maxsize=_KNOWN_AUTOMATONS)
def _build_automaton(kind: Kind, options: tuple[tuple[str, Option], ...]) -> Automaton:
    given: dict[str, Any] = dict(options)
    match kind:
        case Kind.DIGIT:
            return Automaton(forms.build_digits(1, 1))
        case Kind.DIGITS:
            return Automaton(forms.build_digits(given["min_length"], given["max_length"]))
        case Kind.NUMBER:
            return Automaton(forms.build_number(given["decimal"], given["sign"]))
        case Kind.DATE:
            return Automaton(forms.build_date())
        case Kind.TIME:
            return Automaton(forms.build_time())
        case Kind.PATTERN:
            return Automaton([parse_pattern(given["pattern"])])
