"""What the texts of a column mean to a spreadsheet."""

from datetime import date, time
from decimal import Decimal

import pytest

from ml.expects import parse_expectation
from predictions.services.sheets.values import find_values


@pytest.mark.parametrize(
    ("kind", "texts", "values"),
    [
        (None, ["12", "-3,5", "", "7.50"], [12, Decimal("-3.5"), None, Decimal("7.50")]),
        (None, ["0042", "7"], ["0042", "7"]),
        (None, ["0", "0.5", "-0,5"], [0, Decimal("0.5"), Decimal("-0.5")]),
        (None, ["1234567890123456"], ["1234567890123456"]),
        (None, ["5%", "1:2"], [5, "1:2"]),
        ("time", ["7:45", "24:00", "07:05:09"], [time(7, 45), "24:00", time(7, 5, 9)]),
        ("date", ["24.11.26", "1.2.2026"], [date(2026, 11, 24), date(2026, 2, 1)]),
        ("date", ["03/04/26"], ["03/04/26"]),
        ("date", ["03/04/26", "13/04/26"], [date(2026, 4, 3), date(2026, 4, 13)]),
        ("date", ["04/13/26", "4/1/2026"], [date(2026, 4, 13), date(2026, 4, 1)]),
        ("date", ["2026-11-28"], [date(2026, 11, 28)]),
        ("date", ["31.02.26", "1.2.26"], ["31.02.26", "1.2.26"]),
        ({"kind": "pattern", "pattern": "ddd-d"}, ["123-4"], ["123-4"]),
    ],
)
def test_a_column_is_of_one_kind(kind, texts, values):
    expects = parse_expectation(kind) if kind else None
    assert find_values(texts, expects) == values
