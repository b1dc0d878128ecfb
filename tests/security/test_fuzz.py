"""Random bodies against what reads them: each is a drawing or is refused with a sentence, and nothing else happens."""

import base64
import contextlib
import io
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from predictions.api import request_parsing
from predictions.api.parsers import JSONParser, parse_json
from predictions.models import Drawing
from predictions.services.errors import Refused
from tests.factories import SEVEN

FEW = 100
MANY = int(os.environ.get("FUZZ_EXAMPLES", "100000"))  # about two minutes for each test
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0, -0.0, 2**53, 2**63, 10**400, 1_000_001, 1e308, 5e-324]),
)
TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["\0", "\ud800", "date", "digits", "7", "", "00000000-0000-4000-8000-000000000000"]),
    st.binary().map(lambda data: base64.b64encode(data).decode()),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
POINTS = st.lists(st.one_of(NUMBERS, VALUES), max_size=5)
STROKES = st.one_of(VALUES, st.lists(st.lists(st.one_of(POINTS, VALUES), max_size=6), max_size=6))
EXPECTS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"kind": st.one_of(TEXTS, st.sampled_from(["digits", "number", "date", "time", "pattern"]))},
        optional=dict.fromkeys(("length", "min", "max", "min_length", "max_length", "pattern", "decimals"), VALUES),
    ),
)
FIELDS = {
    "strokes": STROKES,
    "image": VALUES,
    "expects": EXPECTS,
    "canvas": VALUES,
    "may_train": VALUES,
} | dict.fromkeys(("width", "height", "pen_px"), st.one_of(NUMBERS, VALUES))
BODIES = st.one_of(
    VALUES,
    st.fixed_dictionaries({}, optional=FIELDS),
    st.fixed_dictionaries({}, optional=FIELDS).map(lambda changed: SEVEN | changed),
)
GOOD = json.dumps(SEVEN).encode()


class Sent:
    """A request with a parsed body."""

    def __init__(self, data):
        self.data = data
        self.content_type = "application/json"


def read(data):
    """Read bytes as the API does; return the drawing, or None if they are refused."""
    try:
        request = Sent(JSONParser().parse(io.BytesIO(data)))
        drawing = request_parsing.read_drawing(request)
        request_parsing.read_canvas(request)
        request_parsing.read_expects(request.data)
        request_parsing.read_may_train(request.data)
    except Refused as refused:
        assert refused.message
        assert 400 <= refused.status < 500
        return None
    assert isinstance(drawing, Drawing)
    json.dumps(drawing.strokes, allow_nan=False).encode()  # what Postgres stores
    return drawing


def check_values(value):
    """Read a value as a body, NaN and lone surrogates included."""
    read(json.dumps(value).encode())


def check_changed_bytes(places):
    """Read a good body of which some bytes are others."""
    data = bytearray(GOOD)
    for place, byte in places:
        data[place % len(data)] = byte
    read(bytes(data))


def check_any_bytes(data):
    """Parse any bytes."""
    with contextlib.suppress(ValueError):
        parse_json(data)


CHECKS = {
    "values": (check_values, BODIES),
    "changed bytes": (
        check_changed_bytes,
        st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    ),
    "any bytes": (check_any_bytes, st.binary(max_size=200)),
}


def fuzz(name, examples):
    """Run a check with `examples` random inputs."""
    check, strategy = CHECKS[name]
    run = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )(given(strategy)(check))  # fmt: skip
    run()


@pytest.mark.parametrize("name", CHECKS)
def test_random_bodies_are_read_or_refused(name):
    fuzz(name, FEW)


@pytest.mark.long  # minutes of random inputs; FUZZ_EXAMPLES says how many
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", CHECKS)
def test_many_random_bodies_are_read_or_refused(name):
    fuzz(name, MANY)
