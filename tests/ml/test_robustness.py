"""Canvas variants, and the evaluation of the reader and the baseline on them."""

import base64

import numpy as np
import pytest

from ml.data.canvas_variants import BLACK, CREAM, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.evaluation.latency import compare_logits, measure_cpu_time
from ml.evaluation.robustness import evaluate_variants, shrink_canvas, summarize_variants
from ml.evaluation.stress import read_stress_drawings, summarize_stress
from ml.evaluation.sweeps import evaluate_sweeps
from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.recognition.components import crop_single_digit
from tests.ml.blocks import StubDigitNetwork

PENS = [
    PenDigit(seed % 10, seed, [np.array(stroke) for stroke in golden_drawing(seed % 10, seed)["strokes"]])
    for seed in range(20)
]


def drawn(name, seed=1):
    return draw_variant(PENS[3].strokes, VARIANTS[name], np.random.default_rng(seed))


def test_pen_width_matches_the_variants_name():
    ink_px = {pen: int((np.asarray(drawn(f"pen {pen} px").convert("L")) < 128).sum()) for pen in (2, 6, 34)}
    assert 2 * ink_px[2] < ink_px[6] < ink_px[34] / 2


def test_colours_match_the_variants_name():
    assert drawn("white on black").getpixel((0, 0)) == BLACK
    assert drawn("blue on cream").getpixel((0, 0)) == CREAM
    assert drawn("transparent").getpixel((0, 0))[3] == 0


def test_digit_size_and_position_match_the_variants_name():
    corner, full = (
        crop_single_digit(page_from_image(drawn(name))) for name in ("60 px in a corner", "filling the canvas")
    )
    assert max(corner.box[2:]) < 75 and max(full.box[2:]) > 230
    assert not 60 < corner.box[0] + corner.box[2] / 2 < 220


def test_canvas_size_matches_the_variants_name():
    assert drawn("mouse, 1 to 2 px in 800 x 1050").size == (800, 1050)


def test_the_baseline_sees_the_whole_canvas():
    seen = shrink_canvas(drawn("60 px in a corner"))
    assert seen.shape == (28, 28) and 0 < (seen > 0.2).sum() < 60
    assert shrink_canvas(drawn("white on black")).mean() > 0.5


@pytest.fixture(scope="module")
def figures(shipped_reader):
    return summarize_variants(evaluate_variants(shipped_reader, PENS, 10))


@pytest.mark.long  # every variant: 10 s
def test_every_variant_is_evaluated_and_beats_the_baseline(figures):
    canvases = figures["canvases"]
    assert set(canvases) == {*VARIANTS, "no digits", "signs"}
    assert canvases["no digits"]["count"] == canvases["signs"]["count"] == 10 * len(VARIANTS) // 2
    ours, naive = (np.mean([canvases[name][key] for name in VARIANTS]) for key in ("accuracy", "naive_accuracy"))
    assert ours >= 0.95 and naive < ours - 0.1
    assert canvases["no digits"]["verdicts"]["not_a_digit"] > 0.5 * canvases["no digits"]["count"]


@pytest.mark.long  # 7 s
def test_confidence_is_evaluated_with_and_without_non_digits(figures):
    digits, both = figures["trust"]["digits"], figures["trust"]["digits, no digits and signs"]
    assert digits["reader"]["brier"] < digits["naive"]["brier"] and both["reader"]["auroc"] > 0.9
    assert digits["reader"]["calibration_error"] < 0.1
    assert sum(both["reader"]["bins"]["count"]) == 2 * sum(digits["reader"]["bins"]["count"])


@pytest.mark.long  # every input: 8 s
def test_cpu_time_is_measured_for_every_input(artifacts):
    measured = measure_cpu_time(list(artifacts.values()), pages=4)
    assert set(measured) == {"strokes", "PNG", "PNG of five digits", "PNG, naively"}
    assert all(0 < cpu_ms < 500 for by_batch in measured.values() for cpu_ms in by_batch.values())


def test_different_networks_have_different_logits(network):
    images = np.zeros((3, 28, 28), dtype=np.float32)
    images[:, 4:24, 13:16] = 1.0
    found = compare_logits(StubDigitNetwork("5", "5", "5"), network, images)
    assert found["count"] == 3 and found["largest_difference"] > 3 and found["answers_that_differ"] == 3


@pytest.mark.long  # every sweep: 7 s
def test_each_sweep_is_evaluated_at_all_its_values(shipped_reader):
    figures = evaluate_sweeps(shipped_reader, PENS, 10)
    assert set(figures) == {"pen width", "size", "tilt", "blur"}
    for sweep in figures.values():
        assert len(sweep["values"]) == len(sweep["accuracy"]) == len(sweep["naive_accuracy"]) >= 6
        assert sweep["count"] == 10 and np.mean(sweep["accuracy"]) > 0.85
    assert figures["size"]["naive_accuracy"][0] < 0.5 < figures["size"]["accuracy"][0], "16 px on 280"


def test_the_stress_test_reports_its_most_confident_errors(shipped_reader):
    samples = read_stress_drawings(shipped_reader, 200)
    summary = summarize_stress(samples)
    wrong = [sample for sample in samples if not sample.is_right]
    assert summary["accuracy"] == pytest.approx(1 - len(wrong) / 200) and 0.8 < summary["accuracy"] <= 1
    assert [error["confidence"] for error in summary["mistakes"]] == sorted(
        (round(sample.reading.confidence, 4) for sample in wrong), reverse=True
    )[: len(summary["mistakes"])]
    assert all(len(base64.b64decode(error["input"])) == 784 for error in summary["mistakes"])
