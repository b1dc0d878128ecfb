"""Charts of counts: bars and squares are as large as what they show."""

import pytest

from predictions.pages.charts.bars import CELL, bar_chart, round_up, row_chart, square_chart


@pytest.mark.parametrize(
    ("count", "top"),
    [(0, 2), (1, 2), (3, 4), (5, 6), (7, 10), (10, 20), (11, 20), (99, 100), (126, 200), (100_001, 200_000)],
)
def test_scales_end_at_a_round_count_whose_half_is_whole(count, top):
    assert round_up(count) == top
    assert top >= max(count, 1)


def test_bars_are_as_high_as_their_counts():
    chart = bar_chart("Drawings", [0, 5, 10], ["a", "b", "c"])
    assert [box.high for box in chart.boxes] == [0, 45 / 2, 45]
    assert [box.y + box.high for box in chart.boxes] == [chart.high] * 3
    assert chart.scale == ("20", "10", "0")
    assert [box.title for box in chart.boxes] == ["a: 0", "b: 5", "c: 10"]
    assert [label for _x, label in chart.ticks] == ["a", "b", "c"]


def test_no_counts_are_a_chart_too():
    assert bar_chart("", [0], [""]).boxes[0].high == 0
    assert bar_chart("", [], []).boxes == []
    assert row_chart("", [], []).rows == []


def test_lying_bars_are_compared_with_the_longest():
    chart = row_chart("", [1_000, 250], ["many", "few"])
    assert [row.wide for row in chart.rows] == [chart.wide, chart.wide / 4]
    assert [row.count for row in chart.rows] == ["1,000", "250"]


def test_squares_are_as_large_as_their_share_of_the_row():
    chart = square_chart("", [[4, 0], [1, 3]], ["0", "1"])
    whole, quarter, rest = chart.boxes
    assert whole.wide == whole.high == CELL - 1
    assert quarter.wide**2 / whole.wide**2 == pytest.approx(1 / 4)
    assert rest.wide**2 / whole.wide**2 == pytest.approx(3 / 4, abs=0.02)
    assert [box.kind for box in chart.boxes] == ["right", "wrong", "right"]
    assert chart.side == 2 * CELL
