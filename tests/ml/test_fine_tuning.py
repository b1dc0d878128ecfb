"""Tuning a digit network: it learns what was reviewed, keeps the rest, and can be resumed."""

import keras
import numpy as np
import pytest

from ml.artifacts import SHIPPED_DIR, shipped_name
from ml.training.fine_tuning import LabelledImages, Material, Progress, accuracy, fine_tune
from ml.training.tuning_material import draw_others

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")


@pytest.fixture(scope="module")
def start():
    return keras.saving.load_model(SHIPPED_DIR / f"{shipped_name()}.keras", compile=False, safe_mode=True)


@pytest.fixture(scope="module")
def material():
    """Sixes that a reviewer calls threes, all alike: a frame of ink."""
    frame = np.zeros((64, 28, 28), np.uint8)
    frame[:, 4:24, 6:22] = 255
    frame[:, 7:21, 9:19] = 0
    others = draw_others(512, seed=1)
    reviewed = LabelledImages(frame, np.full(64, 3))
    return Material(reviewed, others.images, {"reviewed": reviewed, "others": others.held_out})


@pytest.mark.long  # trains a network: 30 s
def test_it_learns_what_was_reviewed_and_keeps_the_rest(start, material):
    before = start.get_weights()
    told: list[int] = []
    tuned = fine_tune(start, material, 2, seed=1, on_epoch=lambda progress: told.append(progress.epoch))
    assert accuracy(start, material.reviewed) == 0
    assert accuracy(tuned, material.reviewed) > 0.9
    kept = accuracy(tuned, material.held_out["others"])
    assert kept > accuracy(start, material.held_out["others"]) - 0.04
    assert told == [1, 2]
    assert all(np.array_equal(*pair) for pair in zip(before, start.get_weights(), strict=True))


@pytest.mark.long(reason="trains twice")
def test_a_resumed_run_ends_as_an_uninterrupted_one(start, material):
    kept: list[Progress] = []
    whole = fine_tune(
        start, material, 2, 7, on_epoch=lambda one: kept.append(Progress(one.epoch, dict(one.curves), one.state))
    )
    resumed = fine_tune(start, material, 2, 7, progress=kept[0])
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0.02, atol=1e-4)  # sums in another order
