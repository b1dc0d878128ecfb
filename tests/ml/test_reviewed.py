"""Training on a reviewed set: which of its splits are used, how often, and what the record says."""

import json

import numpy as np
import pytest

from ml.__main__ import main
from ml.data.datasets import BadDataset
from ml.data.digit_pools import Pools
from ml.data.examples import Examples
from ml.data.golden_digits import draw_golden_pens
from ml.data.reviewed import load_reviewed
from ml.golden import golden_drawing
from ml.training.digit_dataset import MOST_REPEATS, EpochBatches, TrainingSet, _choose_reviewed, add_reviewed

SPLITS = np.array(["train"] * 6 + ["validation"] * 3 + ["test"] * 3)


@pytest.fixture
def reviewed(tmp_path):
    """Return the path of a reviewed set of 12 inputs, whose pixels are their place, of two training writers."""
    return _write(tmp_path)


def _write(folder, **changed):
    arrays = {
        "images": np.repeat(np.arange(12, dtype=np.uint8), 784).reshape(12, 28, 28),
        "labels": np.arange(12) % 11,
        "split": SPLITS,
        "writer": np.array(["a", "b"] * 3 + ["c"] * 3 + ["d"] * 3),
    }
    path = folder / "reviewed.npz"
    np.savez(path, **(arrays | changed))
    return path


def _training_set(images=90):
    """Return `images` white images and two rounds of none drawn."""
    white, labels = np.full((images, 28, 28), 255, np.uint8), np.zeros(images, np.int64)
    pools = Pools(np.empty((2, 0, 28, 28), np.uint8), np.empty((2, 0), np.uint8))
    return TrainingSet(white, labels, pools, [1], Examples(np.ones((1, 28, 28), np.float32), np.zeros(1, np.int64)))


def test_the_test_split_is_never_loaded(reviewed):
    found = load_reviewed(reviewed)
    assert found.images[:, 0, 0].tolist() == found.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.allclose(found.validation.images[:, 0, 0] * 255, [6, 7, 8])
    assert (found.validation.labels.tolist(), found.writers) == ([6, 7, 8], 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"images": np.zeros((12, 28, 28))},
        {"images": np.zeros((12, 27, 28), np.uint8)},
        {"labels": np.full(12, 11)},
        {"labels": np.zeros(11, np.int64)},
        {"writer": np.array(["a", None], dtype=object)},
    ],
)
def test_other_files_are_rejected(tmp_path, changed):
    with pytest.raises(BadDataset, match=r"reviewed\.npz"):
        load_reviewed(_write(tmp_path, **changed))
    (tmp_path / "reviewed.npz").write_bytes(b"PK")
    with pytest.raises(BadDataset, match="not a reviewed set"):
        load_reviewed(tmp_path / "reviewed.npz")


def test_reviewed_inputs_are_a_tenth_of_each_epoch(reviewed):
    batches = EpochBatches(add_reviewed(_training_set(), load_reviewed(reviewed)), seed=1, batch=20)
    for epoch in range(3):
        batches.start_epoch(epoch)
        shown = batches.images[:, 0, 0]
        assert len(shown) == 100
        assert sorted(np.bincount(shown[shown < 255], minlength=6)) == [1, 1, 2, 2, 2, 2]
    assert batches.counts() == {
        "mnist": 90,
        "drawn rounds": 2,
        "drawn per epoch": 100,
        "no digits per epoch": 0,
        "validation": 1 + 3,
        "reviewed": 6,
        "reviewed writers": 2,
        "reviewed per epoch": 10,
        "reviewed validation": 3,
    }


def test_a_few_reviewed_inputs_do_not_outweigh_the_rest_and_many_take_turns():
    rng = np.random.default_rng(1)
    assert np.bincount(_choose_reviewed(3, 90_000, rng)).tolist() == [MOST_REPEATS] * 3
    many = _choose_reviewed(500, 900, rng)
    assert len(many) == len(set(many)) == 100
    assert len(_choose_reviewed(0, 900, rng)) == 0


def test_our_own_digits_to_train_on_are_none_that_models_are_compared_on():
    pens = draw_golden_pens(variations=2)
    assert [pen.digit for pen in pens] == [*range(10)] * 2
    compared = [golden_drawing(7, seed)["strokes"] for seed in range(50)]
    assert not any([stroke.tolist() for stroke in pen.strokes] in compared for pen in pens)


@pytest.mark.long  # draws 100 pictures and trains an epoch with TensorFlow: 15 s on one core
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_a_network_is_trained_without_data_on_templates_and_the_reviewed_set(reviewed, tmp_path, capsys):
    out = tmp_path / "mine-1.keras"
    drawing = ["--limit", "20", "--rounds", "2", "--processes", "1"]
    assert main(["train", "--reviewed", str(reviewed), "--out", str(out), "--epochs", "1", *drawing]) == 0
    record = json.loads(out.with_suffix(".training.json").read_text(encoding="utf-8"))
    assert record["data"] == ["templates", "reviewed"]
    assert record["reviewed_sha256"] == load_reviewed(reviewed).sha256
    assert (record["counts"]["mnist"], record["counts"]["reviewed"]) == (0, 6)
    assert record["counts"]["validation"] == 20 + 3
    assert out.exists() and not out.with_suffix(".json").exists()
    assert "pack" in capsys.readouterr().out
