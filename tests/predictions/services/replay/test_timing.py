"""When the pen reached each point: times that a pen may have had are kept, all others are replaced."""

from itertools import chain, pairwise

import pytest

from predictions.services.replay.timing import (
    DOT_MS,
    EXTENT_MS,
    LEAST_MS,
    LONGEST_MS,
    LONGEST_PAUSE_MS,
    LONGEST_REST_MS,
    PAUSE_MS,
    pen_times,
)

LINE = [[0, 0], [50, 0], [100, 0]]


def _with_times(*times):
    return [[10 * i, 0, time] for i, time in enumerate(times)]


def test_times_of_a_pen_are_kept_from_the_first_on():
    assert pen_times([_with_times(5000, 5100, 5300, 5350)]) == [[0, 100, 300, 350]]


def test_long_pauses_between_strokes_are_shortened_and_short_ones_kept():
    strokes = [_with_times(0, 300), _with_times(500, 800), _with_times(60_000, 60_300)]
    assert pen_times(strokes) == [
        [0, 300],
        [500, 800],
        [800 + LONGEST_PAUSE_MS, 1100 + LONGEST_PAUSE_MS],
    ]


def test_a_pen_that_rests_on_the_paper_rests_less_long():
    assert pen_times([_with_times(0, 100, 9_000, 9_100)]) == [[0, 100, 100 + LONGEST_REST_MS, 200 + LONGEST_REST_MS]]


def test_without_times_the_pen_has_one_speed():
    assert pen_times([LINE, [[0, 0], [25, 0]]]) == [
        [0, EXTENT_MS / 2, EXTENT_MS],
        [EXTENT_MS + PAUSE_MS, EXTENT_MS + PAUSE_MS + EXTENT_MS / 4],
    ]


@pytest.mark.parametrize(
    "times",
    [
        (300, 200, 100),
        (0, 0, 0),
        (-(2**53), 2**53, 0),
        (0, 1.5, 2.5),  # seconds
        (7, 7, 7),
    ],
)
def test_times_that_no_pen_had_are_replaced_by_one_speed(times):
    stroke = [[*point, time] for point, time in zip(LINE, times, strict=True)]
    assert pen_times([stroke]) == pen_times([LINE])


def test_strokes_with_and_without_times_follow_each_other():
    first, second, third = pen_times([_with_times(100, 400), LINE, _with_times(100, 400)])
    assert first == [0, 300]
    assert second[0] == 300 + PAUSE_MS
    assert third == [second[-1] + PAUSE_MS, second[-1] + PAUSE_MS + 300]


def test_a_dot_and_a_stroke_on_the_spot_take_a_moment():
    assert pen_times([LINE, [[5, 5]]])[1] == [EXTENT_MS + PAUSE_MS + DOT_MS]
    assert pen_times([LINE, [[5, 5], [5, 5]]])[1] == [EXTENT_MS + PAUSE_MS + DOT_MS] * 2


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [[]],
        [[], [[1, 1]], []],
        [[[1, 1]]],
        [[[1e6, -1e6, -(2**53), 0.5], [-1e6, 1e6, 2**53, -3]]] * 500,
        [[[i % 7, i % 11, i * 2**38] for i in range(20_000)]],
        [[[1e-320, 0], [0, 1e-320]]],
        [[[0, 0, i % 2 * 2**53] for i in range(40)] for _ in range(500)],
        [[[0, 0, 0], [1, 1, 20]]],
    ],
)
def test_the_whole_never_goes_back_and_lasts_within_bounds(strokes):
    found = pen_times(strokes)
    assert [len(times) for times in found] == [len(stroke) for stroke in strokes]
    times = list(chain.from_iterable(found))
    assert all(isinstance(time, int) and first <= time for first, time in pairwise([0, *times]))
    assert not times or max(times) <= LONGEST_MS
    assert max(times, default=LEAST_MS) >= LEAST_MS or strokes == [[[1e-320, 0], [0, 1e-320]]]
