"""The places that each kind of expectation is made of."""

from ml.expects.automaton import DIGITS, Place, Places

MAX_PLACES = 32  # digits of a line, and places of a pattern
MAX_WHOLE, MAX_DECIMALS = 20, 12  # digits before and after the decimal mark; MAX_PLACES together
DATE_SEPARATORS = "/.-"
DECIMAL_MARKS = {"point": frozenset("."), "comma": frozenset(","), "both": frozenset(".,"), "none": frozenset[str]()}

_DIGIT = Place(DIGITS)
_OPTIONAL_DIGIT = Place(DIGITS, is_optional=True)
_ONE_OR_TWO: Places = (_DIGIT, _OPTIONAL_DIGIT)


def build_digits(min_length: int, max_length: int) -> list[Places]:
    """Return so many digits."""
    return [(_DIGIT,) * min_length + (_OPTIONAL_DIGIT,) * (max_length - min_length)]


def build_number(decimal: str, has_sign: bool) -> list[Places]:
    """Return a number, with "-" or "+" before it if `has_sign`; ".5" counts, "5." does not."""
    sign: Places = (Place(frozenset("+-"), is_optional=True),) if has_sign else ()
    mark = DECIMAL_MARKS[decimal]
    if not mark:
        return [sign + places for places in build_digits(1, MAX_PLACES)]
    before, after = build_digits(0, MAX_WHOLE), build_digits(1, MAX_DECIMALS)
    return [sign + build_digits(1, MAX_WHOLE)[0], (*sign, *before[0], Place(mark), *after[0])]


def build_date() -> list[Places]:
    """Return day, month and year in any common order, with the same separator twice.

    Only the form: a 32nd of a month fits, so that what was written is read as it stands and its error told.
    """
    forms: list[Places] = []
    for separator in DATE_SEPARATORS:
        mark = (Place(frozenset(separator)),)
        day_and_month = _ONE_OR_TWO + mark + _ONE_OR_TWO
        for year in ((_DIGIT,) * 2, (_DIGIT,) * 4):
            forms += [day_and_month + mark + year, year + mark + day_and_month]
    return forms


def build_time() -> list[Places]:
    """Return hours and minutes, with or without seconds."""
    mark = Place(frozenset(":"))
    minutes: Places = (*_ONE_OR_TWO, mark, _DIGIT, _DIGIT)
    return [minutes, (*minutes, mark, _DIGIT, _DIGIT)]
