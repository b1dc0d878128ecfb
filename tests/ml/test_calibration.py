"""From scores to probabilities: the digit network's, and those of a whole text."""

import numpy as np
import pytest

from ml.data.examples import Examples
from ml.recognition.calibration import Calibration, Decision, digit_margin
from ml.training.calibration import NEGATIVE_SHARE, fit_calibration


class Logits:
    """A network whose images are their own logits."""

    runtime, device = "stub", "cpu"

    def logits(self, x):
        return x


def logits_of(digit, height, none=0.0):
    found = np.zeros((1, 11), dtype=np.float32)
    found[0, digit], found[0, 10] = height, none
    return found


def test_probabilities_are_of_ten_digits_and_of_being_one():
    ten, is_digit = Calibration(1.0, 1.0, 0.0).calibrate(logits_of(3, 9.0))
    assert ten.shape == (1, 10) and ten.sum() == pytest.approx(1) and ten.argmax() == 3
    assert is_digit.shape == (1,) and is_digit[0] > 0.99


def test_a_higher_temperature_softens_the_probabilities():
    sharp, soft = (Calibration(one, 1.0, 0.0).calibrate(logits_of(7, 9.0))[0][0, 7] for one in (1.0, 9.0))
    assert soft < 0.3 < 0.99 < sharp


def test_the_curve_decides_what_is_a_digit():
    margin = digit_margin(logits_of(7, 9.0, none=9.0))[0]
    assert 0 < margin < 0.01
    assert Calibration(1.0, 1.0, -5.0).calibrate(logits_of(7, 9.0, none=9.0))[1][0] < 0.01
    assert Calibration(1.0, 1.0, 5.0).calibrate(logits_of(7, 9.0, none=9.0))[1][0] > 0.99


def test_extreme_logits_do_not_overflow():
    ten, is_digit = Calibration(0.1, 50.0, 0.0).calibrate(logits_of(7, 1e4, none=-1e4))
    assert np.isfinite(ten).all() and is_digit[0] == pytest.approx(1)


def test_a_network_that_is_too_sure_is_calibrated():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, 2000)
    said = np.where(rng.random(2000) < 0.8, labels, rng.integers(0, 10, 2000))  # right 4 times of 5 and a bit
    digits = np.concatenate([logits_of(one, 12.0, none=rng.normal(0, 2)) for one in said])
    others = np.concatenate([logits_of(0, 2.0, none=rng.normal(8, 4)) for _ in range(500)])
    examples = Examples(np.concatenate([digits, others]), np.concatenate([labels, np.full(500, 10)]))
    fitted = fit_calibration(Logits(), examples)
    ten, is_digit = fitted.calibrate(examples.images)
    assert fitted.temperature > 2 and ten[:2000].max(axis=1).mean() == pytest.approx((said == labels).mean(), abs=0.02)
    assert is_digit[:2000].mean() > 0.9 > 1 - NEGATIVE_SHARE > is_digit[2000:].mean()


def test_the_confidence_is_the_probability_unless_more_was_fitted():
    assert Decision().confidence(0.93, symbols=5) == pytest.approx(0.93)
    assert Decision().confidence(0.93, symbols=1) == pytest.approx(0.93)


def test_a_single_symbol_has_a_curve_of_its_own():
    decision = Decision(single_slope=2.0, single_offset=0.5, slope=0.5)
    assert decision.confidence(0.9, 1) > 0.9 > decision.confidence(0.9, 2)


def test_long_texts_may_be_less_sure():
    decision = Decision(length=-0.5)
    assert decision.confidence(0.9, 8) < decision.confidence(0.9, 2) < decision.confidence(0.9, 1)


@pytest.mark.parametrize("probability", [0.0, 1e-300, 1.0])
def test_the_confidence_is_a_probability(probability):
    decision = Decision(single_slope=30.0, single_offset=-3.0, slope=9.0, length=-1.0, offset=2.0)
    assert 0 <= decision.confidence(probability, 32) <= 1
    assert 0 <= decision.confidence(probability, 1) <= 1
