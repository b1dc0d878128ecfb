"""Parses what a person or a program says will be written."""

from collections.abc import Mapping
from typing import Any

from ml.expects.expectation import CHECKS, Expectation, Kind, Option
from ml.expects.forms import DECIMAL_MARKS, MAX_PLACES
from ml.expects.patterns import InvalidPattern, format_pattern, parse_pattern

LIMITS = ("min", "max")
MAX_LIMIT = 10**MAX_PLACES
OPTIONS = {
    Kind.DIGIT: LIMITS,
    Kind.DIGITS: ("length", "min_length", "max_length", *LIMITS, "check"),
    Kind.NUMBER: ("decimal", "sign", *LIMITS),
    Kind.DATE: (),
    Kind.TIME: (),
    Kind.PATTERN: ("pattern", *LIMITS, "check"),
}


class InvalidExpectation(ValueError):
    """The expectation can't be used; the message says what to change."""


def parse_expectation(spec: object) -> Expectation:
    """Return the expectation that a JSON object or a short string describes.

    Args:
        spec: a kind, as "date", or an object with a kind and its options, as {"kind": "digits", "length": 5}.

    Raises:
        InvalidExpectation: if it is none.
    """
    fields = _read_fields(spec)
    kind = _parse_kind(fields.pop("kind", None))
    unknown = sorted(fields.keys() - set(OPTIONS[kind]))
    if unknown:
        known = f"its options are {', '.join(OPTIONS[kind])}" if OPTIONS[kind] else "it has no options"
        raise InvalidExpectation(f'Leave out "{unknown[0][:40]}": for the kind "{kind}", {known}.')
    options = _parse_form(kind, fields) | _parse_limits(fields) | _parse_check(fields)
    return Expectation(kind, tuple(sorted(options.items())))


def _read_fields(spec: object) -> dict[str, Any]:
    if isinstance(spec, str):
        return {"kind": spec}
    if isinstance(spec, Mapping):
        return {str(name): value for name, value in spec.items()}
    raise InvalidExpectation('Send a kind, such as "date", or an object, such as {"kind": "digits", "length": 5}.')


def _parse_kind(value: object) -> Kind:
    if value not in tuple(Kind):
        raise InvalidExpectation(f'Set "kind" to one of {", ".join(Kind)}.')
    return Kind(str(value))


def _parse_form(kind: Kind, fields: dict[str, Any]) -> dict[str, Option]:
    if kind is Kind.DIGITS:
        return _parse_lengths(fields)
    if kind is Kind.NUMBER:
        return _parse_number(fields)
    if kind is Kind.PATTERN:
        return {"pattern": _parse_pattern(fields.get("pattern"))}
    return {}


def _parse_lengths(fields: dict[str, Any]) -> dict[str, Option]:
    if "length" in fields and fields.keys() & {"min_length", "max_length"}:
        raise InvalidExpectation('Send either "length" or "min_length" and "max_length".')
    shortest = _parse_length(fields, "length" if "length" in fields else "min_length", 1)
    longest = _parse_length(fields, "length" if "length" in fields else "max_length", MAX_PLACES)
    if shortest > longest:
        raise InvalidExpectation('Set "max_length" to at least "min_length".')
    return {"min_length": shortest, "max_length": longest}


def _parse_length(fields: dict[str, Any], name: str, default: int) -> int:
    value = fields.get(name, default)
    is_whole = type(value) is int or (type(value) is float and value.is_integer())  # 4.0 is an integer in JSON Schema
    if not is_whole or not 1 <= value <= MAX_PLACES:
        raise InvalidExpectation(f'Set "{name}" to a whole number from 1 to {MAX_PLACES}.')
    return int(value)


def _parse_number(fields: dict[str, Any]) -> dict[str, Option]:
    decimal, sign = fields.get("decimal", "both"), fields.get("sign", True)
    if not isinstance(decimal, str) or decimal not in DECIMAL_MARKS:
        raise InvalidExpectation(f'Set "decimal" to one of {", ".join(DECIMAL_MARKS)}.')
    if not isinstance(sign, bool):
        raise InvalidExpectation('Set "sign" to true or false.')
    return {"decimal": decimal, "sign": sign}


def _parse_pattern(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidExpectation('Set "pattern" to a string such as "dd/dd/dddd", where each d is a digit.')
    try:
        return format_pattern(parse_pattern(value))
    except InvalidPattern as error:
        raise InvalidExpectation(str(error)) from error


def _parse_limits(fields: dict[str, Any]) -> dict[str, Option]:
    limits = {name: _parse_limit(name, fields[name]) for name in LIMITS if name in fields}
    if len(limits) == len(LIMITS) and limits["min"] > limits["max"]:
        raise InvalidExpectation('Set "max" to at least "min".')
    return dict(limits)


def _parse_limit(name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_LIMIT:  # NaN is not less
        raise InvalidExpectation(f'Set "{name}" to a number of at most {MAX_PLACES} digits.')
    return int(value) if value == int(value) else value


def _parse_check(fields: dict[str, Any]) -> dict[str, Option]:
    if "check" not in fields:
        return {}
    check = fields["check"]
    if not isinstance(check, str) or check not in CHECKS:
        raise InvalidExpectation(f'Set "check" to one of {", ".join(CHECKS)}.')
    return {"check": check}
