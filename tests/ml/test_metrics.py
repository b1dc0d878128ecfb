"""Metrics of confidence."""

import numpy as np
import pytest

from ml.evaluation.metrics import (
    auroc,
    brier_of_constant,
    brier_score,
    expected_calibration_error,
    measure_confidence,
    reliability_bins,
)


def test_calibration_error_is_zero_when_confidence_equals_accuracy():
    confidence = np.repeat([0.6, 0.9], 100)
    right = np.concatenate([np.arange(100) < 60, np.arange(100) < 90])
    assert expected_calibration_error(confidence, right) == pytest.approx(0)
    assert expected_calibration_error(np.full(100, 0.9), np.arange(100) < 40) == pytest.approx(0.5)


def test_every_reading_is_in_one_bin_and_full_confidence_in_the_last():
    found = reliability_bins(np.array([0.0, 0.05, 0.5, 1.0, 1.0]), np.array([True, False, True, True, False]))
    assert found.count.sum() == 5 and len(found.count) == 15
    assert (found.count[0], found.count[-1], found.right[-1]) == (2, 2, 0.5)


def test_auroc_is_one_for_perfect_ranking_and_a_half_for_ties():
    right = np.array([True, True, False, False])
    assert auroc(np.array([0.9, 0.8, 0.3, 0.1]), right) == 1
    assert auroc(np.array([0.1, 0.3, 0.8, 0.9]), right) == 0
    assert auroc(np.full(4, 0.7), right) == 0.5
    assert auroc(np.array([0.9, 0.2, 0.3, 0.1]), right) == 0.75


def test_auroc_is_none_when_every_reading_is_correct():
    assert measure_confidence(np.array([0.9, 0.8]), np.array([True, True]))["auroc"] is None


def test_brier_score_is_zero_for_perfect_confidence_and_that_of_the_constant_for_the_accuracy():
    right = np.array([True, True, True, False])
    assert brier_score(right.astype(float), right) == 0
    assert brier_score(np.full(4, 0.75), right) == pytest.approx(brier_of_constant(right)) == pytest.approx(0.1875)
