"""Rules on what a text means: real dates and times, check digits, and its value as a number."""

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal

UNITS = "%°$€£"  # may stand around a number
_NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]+")
MIDNIGHT_HOUR = 24


def find_value(text: str) -> Decimal | None:
    """Return the number a text stands for, or None; a comma counts as the decimal mark, and units are left out."""
    bare = text.strip(UNITS)
    return Decimal(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else None


def is_date(text: str) -> bool:
    """Return whether a text is a day of the calendar: day or month first, or the year."""
    first, second, third = re.split(r"[/.-]", text)
    orders = [(first, second, third)] if len(first) > 2 else [(third, second, first), (third, first, second)]
    if len(first) == len(third) == 2:
        orders.append((first, second, third))
    return any(_is_day(year, int(month), int(day)) for year, month, day in orders)


def _is_day(year: str, month: int, day: int) -> bool:
    centuries = (1900, 2000) if len(year) == 2 else (0,)
    return any(_exists(century + int(year), month, day) for century in centuries)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Return whether a text is a time of day, 24:00 included."""
    hour, *rest = [int(part) for part in text.split(":")]
    if hour == MIDNIGHT_HOUR:
        return not any(rest)
    return hour < MIDNIGHT_HOUR and all(part < 60 for part in rest)


def passes_check(check: str, text: str) -> bool:
    """Return whether the digits of a text, signs left out, satisfy a check digit rule, one of CHECKS."""
    digits = [int(char) for char in text if char in "0123456789"]
    return len(digits) > 1 and CHECK_FUNCTIONS[check](digits)


def _is_luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_mod11(digits: list[int]) -> bool:
    """Weights from the right: 1 for the check digit, then 2 to 10 again and again, as in ISBN-10 and NHS numbers."""
    weights = [1, *(2 + place % 9 for place in range(len(digits) - 1))]
    return _weigh(weights, reversed(digits)) % 11 == 0


def _is_isbn(digits: list[int]) -> bool:
    if len(digits) == 10:
        return _is_mod11(digits)
    has_prefix = digits[:3] in ([9, 7, 8], [9, 7, 9])
    return len(digits) == 13 and has_prefix and _weigh([1, 3] * 7, digits) % 10 == 0


def _weigh(weights: Iterable[int], digits: Iterable[int]) -> int:
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=False))


CHECK_FUNCTIONS = {"luhn": _is_luhn, "mod11": _is_mod11, "isbn": _is_isbn}
