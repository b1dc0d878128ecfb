"""The measures say what their names promise."""

import numpy as np
import pytest

from ml.evaluation.metrics import auroc, brier, brier_of_constant, calibration_error, reliability, trust


def test_confidence_that_keeps_its_word_has_no_error():
    confidence = np.repeat([0.6, 0.9], 100)
    right = np.concatenate([np.arange(100) < 60, np.arange(100) < 90])
    assert calibration_error(confidence, right) == pytest.approx(0)
    assert calibration_error(np.full(100, 0.9), np.arange(100) < 40) == pytest.approx(0.5)


def test_every_reading_lies_in_one_bin_and_full_confidence_in_the_last():
    found = reliability(np.array([0.0, 0.05, 0.5, 1.0, 1.0]), np.array([True, False, True, True, False]))
    assert found.count.sum() == 5 and len(found.count) == 15
    assert (found.count[0], found.count[-1], found.right[-1]) == (2, 2, 0.5)


def test_area_is_one_if_every_right_reading_is_surer_and_a_half_if_none_can_be_told():
    right = np.array([True, True, False, False])
    assert auroc(np.array([0.9, 0.8, 0.3, 0.1]), right) == 1
    assert auroc(np.array([0.1, 0.3, 0.8, 0.9]), right) == 0
    assert auroc(np.full(4, 0.7), right) == 0.5
    assert auroc(np.array([0.9, 0.2, 0.3, 0.1]), right) == 0.75


def test_area_means_nothing_where_all_is_right():
    assert trust(np.array([0.9, 0.8]), np.array([True, True]))["auroc"] is None


def test_brier_is_nothing_for_a_seer_and_a_constant_is_beaten():
    right = np.array([True, True, True, False])
    assert brier(right.astype(float), right) == 0
    assert brier(np.full(4, 0.75), right) == pytest.approx(brier_of_constant(right)) == pytest.approx(0.1875)
