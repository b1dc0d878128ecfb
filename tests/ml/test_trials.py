"""Canvases of every kind are what they say, and both ways of reading are weighed on the same pictures."""

import base64

import numpy as np
import pytest

from ml.data.canvas_variants import BLACK, CREAM, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.evaluation.latency import compare_runtimes, measure_cost
from ml.evaluation.robustness import shrink_naively, sum_up, try_variants
from ml.evaluation.stress import read_wild_drawings, sum_up_wild
from ml.evaluation.sweeps import try_sweeps
from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.recognition.components import crop_single_digit
from ml.recognition.reader import Calibration, Reader

PENS = [
    PenDigit(seed % 10, seed, [np.array(stroke) for stroke in golden_drawing(seed % 10, seed)["strokes"]])
    for seed in range(20)
]


def drawn(name, seed=1):
    return draw_variant(PENS[3].strokes, VARIANTS[name], np.random.default_rng(seed))


def test_pens_are_as_wide_as_they_say():
    ink_px = {pen: int((np.asarray(drawn(f"pen {pen} px").convert("L")) < 128).sum()) for pen in (2, 6, 34)}
    assert 2 * ink_px[2] < ink_px[6] < ink_px[34] / 2


def test_colours_are_as_they_say():
    assert drawn("white on black").getpixel((0, 0)) == BLACK
    assert drawn("blue on cream").getpixel((0, 0)) == CREAM
    assert drawn("transparent").getpixel((0, 0))[3] == 0


def test_a_digit_in_a_corner_is_small_and_a_full_one_is_not():
    corner, full = (
        crop_single_digit(page_from_image(drawn(name))) for name in ("60 px in a corner", "filling the canvas")
    )
    assert max(corner.box[2:]) < 75 and max(full.box[2:]) > 230
    assert not 60 < corner.box[0] + corner.box[2] / 2 < 220


def test_a_window_is_as_large_as_it_says():
    assert drawn("mouse, 1 to 2 px in 800 x 1050").size == (800, 1050)


def test_the_naive_way_sees_the_whole_canvas():
    seen = shrink_naively(drawn("60 px in a corner"))
    assert seen.shape == (28, 28) and 0 < (seen > 0.2).sum() < 60
    assert shrink_naively(drawn("white on black")).mean() > 0.5


@pytest.fixture(scope="module")
def figures(artifacts, network):
    calibration = Calibration(**artifacts["litert"].card["calibration"])
    return sum_up(try_variants(network, calibration, PENS, 10))


def test_every_canvas_is_weighed_and_beats_the_naive_way(figures):
    canvases = figures["canvases"]
    assert set(canvases) == {*VARIANTS, "no digits"} and canvases["no digits"]["count"] == 10 * len(VARIANTS)
    ours, naive = (np.mean([canvases[name][key] for name in VARIANTS]) for key in ("accuracy", "naive_accuracy"))
    assert ours >= 0.95 and naive < ours - 0.1
    assert canvases["no digits"]["verdicts"]["not_a_digit"] > 0.5 * canvases["no digits"]["count"]


def test_confidence_is_weighed_with_and_without_no_digits(figures):
    both = figures["trust"]["digits and no digits"]
    assert both["reader"]["brier"] < both["naive"]["brier"] and both["reader"]["auroc"] > 0.9
    assert figures["trust"]["digits"]["reader"]["calibration_error"] < 0.1


def test_cost_is_measured_for_every_way(artifacts):
    cost = measure_cost(artifacts["litert"], pages=4)
    assert set(cost) == {"strokes", "PNG", "PNG, naively"}
    assert all(0 < figure < 500 for way in cost.values() for figure in way.values())


def test_networks_that_differ_are_told_apart(no_network, network):
    images = np.zeros((3, 28, 28), dtype=np.float32)
    images[:, 0, 5] = 1.0
    apart = compare_runtimes(no_network, network, images)
    assert apart["count"] == 3 and apart["largest_difference"] > 100 and apart["answers_that_differ"] == 3


def test_each_sweep_is_weighed_at_each_of_its_values(artifacts, network):
    calibration = Calibration(**artifacts["litert"].card["calibration"])
    figures = try_sweeps(network, calibration, PENS, 10)
    assert set(figures) == {"pen width", "size", "tilt", "blur"}
    for sweep in figures.values():
        assert len(sweep["values"]) == len(sweep["accuracy"]) == len(sweep["naive_accuracy"]) >= 6
        assert sweep["count"] == 10 and np.mean(sweep["accuracy"]) > 0.85
    assert figures["size"]["naive_accuracy"][0] < 0.5 < figures["size"]["accuracy"][0], "16 px on 280"


def test_wild_drawings_tell_their_surest_mistakes(artifacts, network):
    samples = read_wild_drawings(Reader(network, artifacts["litert"].card), 200)
    summed = sum_up_wild(samples)
    wrong = [sample for sample in samples if not sample.is_right]
    assert summed["accuracy"] == pytest.approx(1 - len(wrong) / 200) and 0.8 < summed["accuracy"] <= 1
    assert [mistake["confidence"] for mistake in summed["mistakes"]] == sorted(
        (round(sample.reading.confidence, 4) for sample in wrong), reverse=True
    )[: len(summed["mistakes"])]
    assert all(len(base64.b64decode(mistake["input"])) == 784 for mistake in summed["mistakes"])
