"""What is expected of a text: which forms fit, which values, and which expectations are refused."""

import json
import subprocess
import sys
import time

import pytest

from ml.expects import Expectation, InvalidExpectation, parse_expectation
from ml.types import OTHER_INK, SIGNS


def digits(**options):
    return {"kind": "digits", **options}


def pattern(source, **options):
    return {"kind": "pattern", "pattern": source, **options}


@pytest.mark.parametrize(
    ("spec", "fitting", "others"),
    [
        ("digit", ["7"], ["", "77", "-", "?"]),
        ("digits", ["7", "1" * 32], ["", "1" * 33, "1.5"]),
        (digits(length=3), ["123"], ["12", "1234"]),
        (digits(min_length=2, max_length=3), ["12", "123"], ["1", "1234"]),
        (digits(max_length=2), ["1", "12"], ["123"]),
        ("number", ["7", "-7", "+1.5", "0,25", ".5", "1" * 20 + ".5"], ["5.", "-", "1.2.3", "7-", "1 2", "7%"]),
        ({"kind": "number", "decimal": "comma"}, ["1,5", "15"], ["1.5"]),
        ({"kind": "number", "decimal": "point", "sign": False}, ["1.5"], ["1,5", "-1.5"]),
        ({"kind": "number", "decimal": "none"}, ["-15", "1" * 32], ["1.5"]),
        ("date", ["28/08/42", "1.2.2024", "2024-12-31", "99-12-31"], ["28/08", "28/08-42", "28/08/042", "280842"]),
        ("time", ["9:05", "23:59:59", "24:00"], ["9:5", "9.05", "12:3:4", "1200"]),
        (pattern("dd/dd"), ["28/08"], ["2808", "2/08"]),
        (pattern("[+-]?dd?,d"), ["1,5", "-21,5"], ["--1,5", "-,5"]),
        (pattern("(ddd)ddd-dddd"), ["(030)123-4567"], ["0301234567"]),
        (pattern("[d-][€$]?"), ["-", "5€"], ["€"]),
    ],
)  # fmt: skip
def test_texts_of_the_form_fit_and_others_do_not(spec, fitting, others):
    expected = parse_expectation(spec)
    assert {text: expected.problem(text) for text in fitting} == dict.fromkeys(fitting)
    assert {text: expected.problem(text) for text in others} == dict.fromkeys(others, "pattern")


@pytest.mark.parametrize(
    ("spec", "text", "problem"),
    [
        ("date", "29.02.2023", "date"),
        ("date", "29.02.2024", None),
        ("date", "29/02/00", None),  # 2000 had one
        ("date", "02/31/2024", "date"),
        ("date", "13/13/2024", "date"),
        ("date", "2024-13-01", "date"),
        ("date", "0000-01-01", "date"),
        ("time", "24:01", "time"),
        ("time", "12:60", "time"),
        ("time", "23:59:60", "time"),
        (digits(min=10, max=20), "9", "min"),
        (digits(min=10, max=20), "21", "max"),
        (digits(min=10, max=20), "0020", None),
        ({"kind": "number", "min": -1.5}, "-1,5", None),
        ({"kind": "number", "min": -1.5}, "-1.51", "min"),
        (pattern("dd?d?%", max=100), "100%", None),
        (pattern("dd?d?%", max=100), "101%", "max"),
        (pattern("dd/dd", max=100), "10/10", "number"),
        (digits(check="luhn"), "4539578763621486", None),
        (digits(check="luhn"), "4539578763621487", "check"),
        (digits(check="luhn"), "0", "check"),
        (digits(check="mod11"), "9434765919", None),  # an NHS number of its documentation
        (digits(check="mod11"), "9434765918", "check"),
        (digits(check="isbn"), "0306406152", None),
        (digits(check="isbn"), "9780306406157", None),
        (digits(check="isbn"), "9780306406158", "check"),
        (digits(check="isbn"), "1230306406157", "check"),
        (pattern("ddd-d-ddd-ddddd-d", check="isbn"), "978-0-306-40615-7", None),
    ],
)
def test_values_that_break_the_rule_are_named(spec, text, problem):
    assert parse_expectation(spec).problem(text) == problem


@pytest.mark.parametrize("check", ["luhn", "mod11"])
def test_every_single_wrong_digit_fails_the_check(check):
    expected = parse_expectation(digits(length=10, check=check))
    right = next(text for text in (f"918273645{last}" for last in range(10)) if expected.problem(text) is None)
    changed = [right[:i] + digit + right[i + 1 :] for i in range(10) for digit in "0123456789" if digit != right[i]]
    assert {expected.problem(text) for text in changed} == {"check"}


@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        (None, "Send a kind"),
        (["digits"], "Send a kind"),
        ("money", 'Set "kind" to one of digit, digits, number, date, time, pattern.'),
        ({}, 'Set "kind"'),
        ({"kind": ["digit"]}, 'Set "kind"'),
        ({"kind": "date", "length": 8}, 'Leave out "length": for the kind "date", it has no options.'),
        ({"kind": "number", "check": "luhn"}, 'Leave out "check"'),
        (digits(length=33), 'Set "length" to a whole number from 1 to 32.'),
        (digits(length=True), 'Set "length"'),
        (digits(length="5"), 'Set "length"'),
        (digits(length=5, max_length=6), 'Send either "length" or'),
        (digits(min_length=5, max_length=4), 'Set "max_length" to at least "min_length".'),
        ({"kind": "number", "decimal": "dot"}, 'Set "decimal" to one of point, comma, both, none.'),
        ({"kind": "number", "decimal": ["point"]}, 'Set "decimal"'),
        ({"kind": "number", "sign": 1}, 'Set "sign" to true or false.'),
        (digits(min="3"), 'Set "min" to a number'),
        (digits(max=float("nan")), 'Set "max" to a number'),
        (digits(max=10**400), 'Set "max" to a number'),
        (digits(min=5, max=4), 'Set "max" to at least "min".'),
        (digits(check=None), 'Set "check"'),
        (digits(length=None), 'Set "length"'),
        (digits(min=None), 'Set "min" to a number'),
        (digits(check="crc"), 'Set "check" to one of luhn, mod11, isbn.'),
        (digits(check=["luhn"]), 'Set "check"'),
        ("pattern", 'Set "pattern" to a string'),
        (pattern("d" * 33), "at most 32 places; it has 33"),
        (pattern("d" * 5000), "at most 32 places"),
        (pattern("d?d?"), "at least one place without a question mark"),
        (pattern("dd dd"), 'Take " " out of the pattern'),
        (pattern("AAd"), 'Take "A" out'),
        (pattern("d+#"), 'Take "#" out'),
        (pattern("[0-z]"), 'Take "z" out'),
        (pattern("[]d"), 'between "[" and "]"'),
        (pattern("d[12"), 'the "[" at character 2 of the pattern stands alone'),
        (pattern("d]"), 'the "]" at character 2'),
        (pattern("d??"), 'Put a place before the "?" at character 3'),
    ],
)
def test_an_invalid_expectation_says_what_to_change(spec, advice):
    with pytest.raises(InvalidExpectation) as caught:
        parse_expectation(spec)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        "digit", "digits", "number", "date", "time", digits(length=4, min=1000, check="luhn"),
        {"kind": "number", "decimal": "comma", "max": 12.5}, pattern("[+-]?dd?[.,]d"),
    ],
)  # fmt: skip
def test_the_canonical_form_describes_the_same_expectation(spec):
    expected = parse_expectation(spec)
    again = parse_expectation(json.loads(json.dumps(expected.as_dict())))
    assert again == expected and hash(again) == hash(expected) and again.as_dict() == expected.as_dict()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("digits", digits(min_length=1, max_length=32)),
        (digits(length=4), digits(max_length=4, min_length=4)),
        (digits(min=1.0), digits(min=1)),
        (pattern("[21]d"), pattern("[12][0123456789]")),
        (pattern("[/]d"), pattern("/d")),
    ],
)
def test_two_spellings_of_one_expectation_are_equal(one, other):
    assert parse_expectation(one) == parse_expectation(other)
    assert json.dumps(parse_expectation(one).as_dict()) == json.dumps(parse_expectation(other).as_dict())


def test_symbols_are_digits_and_known_signs():
    assert parse_expectation("digits").symbols == frozenset("0123456789")
    assert parse_expectation("date").symbols == frozenset("0123456789/.-")
    assert parse_expectation(pattern("".join(SIGNS))).symbols == frozenset(SIGNS)
    assert not parse_expectation("digit").allows_signs
    assert parse_expectation("number").allows_signs
    assert not parse_expectation({"kind": "number", "decimal": "none", "sign": False}).allows_signs


def test_a_step_that_leads_nowhere_is_none():
    expected = parse_expectation(digits(length=2))
    one = expected.step(expected.start(), "4")
    assert one is not None and not expected.is_final(one)
    two = expected.step(one, "2")
    assert two is not None and expected.is_final(two)
    assert expected.step(two, "0") is None
    assert expected.step(one, OTHER_INK) is None
    assert expected.step(one, "-") is None


def test_states_can_be_kept_in_a_set():
    expected = parse_expectation("number")
    assert len({expected.step(expected.start(), digit) for digit in "0123456789"}) == 1


def test_an_expectation_cannot_be_changed():
    with pytest.raises(AttributeError):
        parse_expectation("digit").kind = "digits"
    assert isinstance(parse_expectation("digit"), Expectation)


def test_the_most_branching_pattern_is_stepped_in_bounded_time():
    expected = parse_expectation(pattern("d[01]?" * 16))
    started = time.perf_counter()
    for number in range(20_000):
        expected.problem(f"{number:024b}")
    assert time.perf_counter() - started < 20


def test_parsing_needs_neither_django_nor_numpy():
    code = "import sys, ml.expects; print(sorted({'django', 'numpy'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
