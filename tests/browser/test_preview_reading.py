"""The preview reads as the service does, and is silent about everything but single digits."""

import numpy as np
import pytest

from ml.artifacts import load_shipped
from ml.recognition.loading import load_reader
from tests.browser.preview_lab import Lab, lone_signs, numbers, numbers_with_signs, opinions_of, single_digits

pytestmark = pytest.mark.preview

QUICK, ALL = 60, 500
MOST_OFF = 2  # of 255: the greatest difference of a pixel
MOST_OFF_PROBABILITY = 0.05  # the service's weights have 8 bits, and the preview's 16
LEAST_SAME = 0.995
LEAST_SHOWN = 0.9  # of single digits
MOST_SHOWN = 0.02  # of everything else

quick_and_long = pytest.mark.parametrize(
    "count",
    [QUICK, pytest.param(ALL, marks=pytest.mark.long)],  # 500 take a minute
)


@pytest.fixture(scope="module")
def lab(browser):
    with browser.new_context() as context:
        yield Lab(context.new_page())


@pytest.fixture(scope="module")
def service_reader():
    return load_reader(load_shipped())


@quick_and_long
def test_the_preview_reads_as_the_service_does(lab, service_reader, count):
    drawings = single_digits(count, seed=count)
    pairs = list(zip(lab.read(drawings), opinions_of(service_reader, drawings), strict=True))
    seen = [(mine["seen"], theirs) for mine, theirs in pairs if mine["seen"]]
    assert len(seen) >= 0.95 * count
    assert max(np.abs(np.array(mine["pixels"]) - theirs.pixels).max() for mine, theirs in seen) <= MOST_OFF
    off = [np.abs(np.array(mine["probabilities"]) - theirs.probabilities).max() for mine, theirs in seen]
    off += [abs(mine["isDigit"] - theirs.is_digit) for mine, theirs in seen]
    assert max(off) <= MOST_OFF_PROBABILITY
    same = [mine["digit"] == theirs.probabilities.argmax() for mine, theirs in seen]
    assert np.mean(same) >= LEAST_SAME
    shown = [(mine["result"], theirs.text) for mine, theirs in pairs if mine["result"]]
    assert len(shown) >= LEAST_SHOWN * count and all(mine["chance"] > 0.95 for mine, _ in shown)
    assert np.mean([str(mine["digit"]) == text for mine, text in shown]) >= LEAST_SAME


@pytest.mark.long  # see the quick ones above: 3 to 8 s
@quick_and_long
def test_the_preview_is_silent_about_numbers_and_signs(lab, count):
    """Of what it is given, four tenths are numbers, three tenths numbers with signs and three tenths signs alone."""
    of_each = [count * share // 10 for share in (4, 3, 3)]
    drawn = [draw(n, seed=n) for draw, n in zip((numbers, numbers_with_signs, lone_signs), of_each, strict=True)]
    shown = [sum(read["result"] is not None for read in lab.read(drawings)) for drawings in drawn]
    assert sum(shown) <= MOST_SHOWN * count, shown


SILENT = {
    "nothing": [],
    "a dot": [[[100, 100]]],
    "a dash": [[[20, 140], [260, 140]]],
    "a slash": [[[200, 20], [100, 260]]],
    "a bracket": [[[160, 20], [120, 80], [110, 140], [120, 200], [160, 260]]],
    "a comma": [[[130, 240], [120, 270]]],
    "two ones": [[[60, 40], [60, 240]], [[180, 40], [180, 240]]],
    "pieces far above one another": [[[140, 40], [140, 90]], [[140, 190], [140, 240]]],
}


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_preview_is_silent_about_what_may_be_no_digit(lab):
    read = lab.read([{"strokes": strokes, "height": 280, "pen_px": 20} for strokes in SILENT.values()])
    assert {name: one["result"] for name, one in zip(SILENT, read, strict=True)} == dict.fromkeys(SILENT)


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_digits_of_overlapping_strokes_are_shown(lab):
    four = [[[90, 40], [60, 160], [200, 160]], [[150, 60], [150, 250]]]
    five_in_two_pieces = [
        [[110, 60], [100, 130], [170, 130], [190, 190], [140, 240], [80, 220]],
        [[128, 46], [200, 40]],
    ]
    one = [[[140, 40], [140, 240]]]
    drawings = [{"strokes": strokes, "height": 280, "pen_px": 12} for strokes in (four, five_in_two_pieces, one)]
    assert [read["result"] and read["result"]["digit"] for read in lab.read(drawings)] == [4, 5, 1]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_unit_of_the_strokes_does_not_matter(lab):
    (drawing,) = single_digits(1, seed=9)
    grown = {
        "strokes": [[[40 * x, 40 * y] for x, y in stroke] for stroke in drawing["strokes"]],
        "height": 40 * drawing["height"],
        "pen_px": 40 * drawing["pen_px"],
    }
    one, other = lab.read([drawing, grown])
    assert one["result"]["digit"] == other["result"]["digit"]
