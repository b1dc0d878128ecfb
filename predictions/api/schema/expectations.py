"""The schema of `expects` in a request, in JSON and in a form; `ml.expects` parses it."""

from typing import Any

from ml.expects import CHECKS, Kind
from ml.expects.forms import DECIMAL_MARKS, MAX_PLACES

VALUE_LIMIT = 1e30  # of the smallest and largest value that are expected


def _kind(*kinds: Kind, **options: Any) -> dict[str, Any]:
    """Return the schema of an expectation of one of these kinds, with these options."""
    properties = {"kind": {"type": "string", "enum": [kind.value for kind in kinds]}, **options}
    required = ["kind", "pattern"] if Kind.PATTERN in kinds else ["kind"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_LENGTH = {"type": "integer", "minimum": 1, "maximum": MAX_PLACES}
_VALUE = {"type": "number", "minimum": -VALUE_LIMIT, "maximum": VALUE_LIMIT}
_VALUES = {"min": _VALUE, "max": _VALUE}
_CHECK = {"type": "string", "enum": list(CHECKS)}
EXPECTS = {
    "description": "What will be written: a kind, or an object with a kind and its options.",
    "anyOf": [
        {"type": "string", "enum": [kind.value for kind in Kind if kind is not Kind.PATTERN]},
        _kind(Kind.DIGIT, **_VALUES),
        _kind(Kind.DIGITS, length=_LENGTH, **_VALUES, check=_CHECK),
        _kind(Kind.DIGITS, min_length=_LENGTH, max_length=_LENGTH, **_VALUES, check=_CHECK),
        _kind(
            Kind.NUMBER,
            decimal={"type": "string", "enum": list(DECIMAL_MARKS)},
            sign={"type": "boolean"},
            **_VALUES,
        ),
        _kind(Kind.DATE, Kind.TIME),
        _kind(
            Kind.PATTERN,
            pattern={
                "type": "string",
                "format": "expects-pattern",
                "description": f'Up to {MAX_PLACES} places: "d" a digit, "[05-]" one of these, "?" optional.',
            },
            **_VALUES,
            check=_CHECK,
        ),
        {"type": "null"},
    ],
}
EXPECTS_IN_A_FORM = {
    "type": "string",
    "format": "expects-form",
    "description": "What will be written, as in JSON: a kind, or a JSON object as a string.",
}
