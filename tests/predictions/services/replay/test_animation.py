"""The animation as a file: what it shows at the end, and what it costs at most."""

import io
import random
import time

import pytest
from PIL import Image

from predictions.models import Drawing
from predictions.services.replay.animation import INK, LAST_MS, PAPER, SIDE_PX, animate
from predictions.services.replay.frames import MOST_FRAMES
from tests.factories import SEVEN
from tests.predictions.services.replay.test_frames import HOSTILE

CHANCE = random.Random(1)
SCRIBBLE = [[[CHANCE.random() * 280, CHANCE.random() * 280, i * 10, CHANCE.random()] for i in range(20_000)]]
CANVAS = {"width": 280, "height": 280}


def _frames(**drawing):
    image = Image.open(io.BytesIO(animate(Drawing(**drawing))))
    assert image.format == "GIF"
    frames = []
    for number in range(image.n_frames):
        image.seek(number)
        frames.append((image.convert("RGB"), image.info["duration"]))
    return frames


def _dark(image):
    return sum(image.convert("L").histogram()[:128]) / (image.width * image.height)


def test_the_ink_grows_to_the_whole_drawing_and_stays_a_while():
    frames = _frames(**SEVEN)
    shares = [_dark(image) for image, _ in frames]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] / 5
    last, shown_ms = frames[-1]
    assert shown_ms == LAST_MS
    assert last.size == (SIDE_PX, SIDE_PX)
    unit = SIDE_PX / 280
    assert last.getpixel((round(130 * unit), round(60 * unit))) == INK
    assert last.getpixel((round(60 * unit), round(200 * unit))) == PAPER


def test_it_is_played_without_an_end():
    assert Image.open(io.BytesIO(animate(Drawing(**SEVEN)))).info["loop"] == 0


@pytest.mark.parametrize("strokes", [*HOSTILE, [[[0, 0], [100_000, 0]]], [[[1e-320, 0], [0, 1e-320]]]])
@pytest.mark.parametrize(
    "canvas", [{}, {"width": 100_000, "height": 0.001}, {"width": 0.001, "pen_px": 0.001}, {"pen_px": 100}]
)
def test_whatever_was_sent_the_file_is_small(strokes, canvas):
    frames = _frames(strokes=strokes, **canvas)
    assert len(frames) <= MOST_FRAMES
    assert max(frames[0][0].size) <= SIDE_PX


@pytest.mark.long  # four of the dearest: 12 s
@pytest.mark.parametrize("pen_px", [1, 4, 20, 280])
def test_the_dearest_drawing_takes_little_time(pen_px):
    times = []
    for _ in range(3):
        start = time.thread_time()
        data = animate(Drawing(strokes=SCRIBBLE, pen_px=pen_px, **CANVAS))
        times.append(time.thread_time() - start)
    assert min(times) < 0.6  # 0.2 s here, and some room for busy machines
    assert len(data) < 1_000_000
