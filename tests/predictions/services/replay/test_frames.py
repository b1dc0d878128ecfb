"""A drawing divided into frames: what each adds, in order, whatever was sent."""

import math
import random
from itertools import chain

import pytest

from predictions.services.replay.frames import FRAME_MS, LONGEST_MS, MOST_FRAMES, MOST_POINTS, divide
from tests.factories import SEVEN

CHANCE = random.Random(1)
HOSTILE = [
    [[[1e6, -1e6, -(2**53)], [-1e6, 1e6, 2**53]]],
    [[[CHANCE.random() * 280, i % 280, i * 10, i % 3] for i in range(20_000)]],
    [[[i % 280, i % 77, 2**53 - i] for i in range(40)] for _ in range(500)],
    [[[i % 20, i // 20]] for i in range(500)],
    [[[0, 0]]],
    [[], [[3, 3], [3, 3]]],
]


def _length(frames):
    return sum(math.dist(one[:2], one[2:4]) for one in chain.from_iterable(frames.segments))


def test_a_line_grows_evenly_and_without_gaps():
    frames = divide([[[0, 0], [100, 0]]])
    pieces = list(chain.from_iterable(frames.segments))
    assert len(pieces) == len(frames.segments) == 20  # 800 ms
    assert [piece.x1 for piece in pieces] == pytest.approx([5 * (i + 1) for i in range(20)])
    assert [piece.x0 for piece in pieces] == pytest.approx([5 * i for i in range(20)])


def test_the_frames_together_are_the_whole_drawing():
    frames = divide(SEVEN["strokes"])
    length = sum(math.dist(*pair) for pair in ([(60, 60), (200, 60)], [(200, 60), (120, 220)]))
    assert _length(frames) == pytest.approx(length)
    assert frames.segments[-1][-1][2:4] == (120, 220)


def test_nothing_is_drawn_while_the_pen_is_up():
    frames = divide([[[0, 0, 0], [9, 0, 400]], [[0, 9, 800], [9, 9, 1200]]])
    drawn = [bool(segments) for segments in frames.segments]
    assert drawn == [True] * 10 + [False] * 9 + [True] * 11  # the second stroke begins as the first frame of its own


def test_pressure_makes_the_pen_wider():
    frames = divide([[[0, 0, 0, 0], [9, 0, 50, 1], [0, 9, 90, 99]]])
    assert {round(piece.width, 2) for piece in chain.from_iterable(frames.segments)} == {1.3}
    frames = divide([[[0, 0, 0, 0], [9, 0, 50, 0], [0, 9, 90, -9]]])
    assert {round(piece.width, 2) for piece in chain.from_iterable(frames.segments)} == {0.7}


@pytest.mark.parametrize("strokes", HOSTILE)
def test_frames_and_pieces_are_bounded_whatever_was_sent(strokes):
    frames = divide(strokes)
    assert 1 <= len(frames.segments) <= MOST_FRAMES
    assert FRAME_MS <= frames.frame_ms <= LONGEST_MS / MOST_FRAMES
    assert 0 < sum(map(len, frames.segments)) <= MOST_POINTS + 2 * len(strokes) + MOST_FRAMES
    assert all(math.isfinite(value) for piece in chain.from_iterable(frames.segments) for value in piece)
