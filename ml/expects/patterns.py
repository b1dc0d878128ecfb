"""Patterns: at most 32 places, written as one short string.

| in a pattern | stands for |
|---|---|
| `d` | any digit |
| a digit or a sign | itself |
| `[05-]` | one of these; `d` in it is any digit, and `-` is the minus, not a range |
| `?` after a place | that place may be left out |

`[+-]?dd?,d` is a temperature, `(ddd)ddd-dddd` a telephone number. There is no repetition.
"""

import re

from ml.expects.automaton import DIGITS, Place, Places
from ml.expects.forms import MAX_PLACES
from ml.types import SIGNS

KNOWN_SYMBOLS = DIGITS | frozenset(SIGNS)
MAX_PATTERN_CHARS = 1000
_PLACE = re.compile(r"(?P<symbols>\[[^\[\]]*\]|[^\[\]?])(?P<optional>\??)")


class InvalidPattern(ValueError):
    """The pattern can't be used; the message says what to change."""


def parse_pattern(source: str) -> Places:
    """Return the places of a pattern.

    Raises:
        InvalidPattern: if it is not one.
    """
    if len(source) > MAX_PATTERN_CHARS:
        raise InvalidPattern(f"Shorten the pattern to at most {MAX_PLACES} places.")
    places: list[Place] = []
    position = 0
    while position < len(source):
        match = _PLACE.match(source, position)
        if match is None:
            raise InvalidPattern(_describe_fault(source, position))
        places.append(Place(_parse_symbols(match["symbols"]), bool(match["optional"])))
        position = match.end()
    if len(places) > MAX_PLACES:
        raise InvalidPattern(f"Shorten the pattern to at most {MAX_PLACES} places; it has {len(places)}.")
    if all(place.is_optional for place in places):
        raise InvalidPattern("Give the pattern at least one place without a question mark.")
    return tuple(places)


def _describe_fault(source: str, position: int) -> str:
    at = f"at character {position + 1} of the pattern"
    if source[position] == "?":
        return f'Put a place before the "?" {at}; one "?" makes one place optional.'
    return f'Close every "[" with "]"; the "{source[position]}" {at} stands alone.'


def _parse_symbols(source: str) -> frozenset[str]:
    wanted = source[1:-1] if source.startswith("[") else source
    if not wanted:
        raise InvalidPattern('Put at least one symbol between "[" and "]" in the pattern.')
    symbols = frozenset().union(*(DIGITS if char == "d" else {char} for char in wanted))
    unknown = sorted(symbols - KNOWN_SYMBOLS)
    if unknown:
        raise InvalidPattern(
            f'Take "{unknown[0]}" out of the pattern: only "d" for a digit, digits and the signs {SIGNS} can be read.'
        )
    return symbols


def format_pattern(places: Places) -> str:
    """Return the pattern in its one canonical spelling."""
    return "".join(_format_symbols(place.symbols) + "?" * place.is_optional for place in places)


def _format_symbols(symbols: frozenset[str]) -> str:
    has_all = symbols >= DIGITS
    spelled = "d" * has_all + "".join(sorted(symbols - DIGITS if has_all else symbols))
    return spelled if len(spelled) == 1 else f"[{spelled}]"
