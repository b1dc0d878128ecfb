"""The whole training pipeline on a few of our own drawings, and the model card that it writes."""

import json

import numpy as np
import pytest
from PIL import Image

from ml.__main__ import main
from ml.artifacts import load_artifacts
from ml.data.digit_pools import Pools
from ml.data.examples import Examples
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.training import digit_dataset, digit_network_training
from ml.training.digit_network import build_network, copy_weights
from ml.training.digit_network_training import TrainingOptions, add_training_layers, mixed_loss
from ml.training.image_augmentation import AugmentImages


@pytest.fixture
def training_set():
    """Return 32 digits and two rounds of 10 drawings: three steps of 16 an epoch."""
    drawn = np.stack([crop_single_digit(render_strokes(**golden_drawing(seed % 10, seed))).input for seed in range(52)])
    pixels, labels = np.round(drawn * 255).astype(np.uint8), np.arange(52) % 10
    pools = Pools(pixels[32:].reshape(2, 10, 28, 28), np.arange(20, dtype=np.uint8).reshape(2, 10) % 11)
    return digit_dataset.TrainingSet(pixels[:32], labels[:32], pools, [1, 2], Examples(drawn[:20], labels[:20]))


pytestmark = [
    pytest.mark.timeout(600),  # training and evaluation take minutes of CPU on a busy machine
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras"),  # Keras 3.15 on NumPy 2.4
]


@pytest.mark.long  # trains twice and evaluates twice: 50 s on one core
def test_a_network_is_trained_evaluated_packed_and_exported(data, capsys):
    out = data / "tiny-1.keras"
    assert (
        main(
            [
                "train",
                "--data",
                str(data),
                "--out",
                str(out),
                "--epochs",
                "2",
                "--seed",
                "3",
                "--limit",
                "40",
                "--rounds",
                "2",
            ]
        )
        == 0
    )
    artifacts = load_artifacts(out.with_suffix(".json"))
    assert {artifact.format for artifact in artifacts} == {"browser", "keras", "litert", "line-keras", "line-litert"}
    card = artifacts[0].card
    assert (card["name"], card["training"]["epochs"], card["training"]["seed"]) == ("tiny-1", 2, 3)
    assert card["training"]["counts"]["mnist"] == 40 and 150_000 < card["training"]["parameters"] < 250_000
    assert not set(card["training"]["training_writers"]) & {*card["calibrating_writers"], *card["held_out_writers"]}
    assert card["held_out_writers"] == [10, 11] and card["sets"]["held_out_writers"]["count"] == 20
    assert all(len(card["training"]["history"][name]) == 2 for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
    assert card["training"]["counts"]["validation"] == 20 + 10, "MNIST's last images and the calibrating writers"
    assert card["canvases"]["plain"]["count"] == 20 and card["cost"]["PNG"]["alone_ms"] > 0
    assert not list(data.glob("*.unfinished/*")), "a finished run deletes its backup"

    capsys.readouterr()
    report = data / "report"
    arguments = ["--model", str(out.with_suffix(".tflite")), "--data", str(data), "--limit", "40", "--runtimes"]
    arguments += ["--out", str(report)]
    assert main(["evaluate", *arguments]) == 0
    output = capsys.readouterr().out
    assert "0 readings differ" in output and "white on black" in output and "AUROC" in output
    assert f"{card['sets']['mnist_test']['accuracy']:.2%}" in output, "evaluation is reproducible"

    assert json.loads((report / "figures.json").read_text())["sets"]["mnist_test"] == card["sets"]["mnist_test"]
    assert {path.stem for path in report.glob("*.png")} == {"confusion", "reliability", "sweeps", "worst_errors"}
    for path in report.glob("*.png"):
        with Image.open(path) as picture:
            assert min(picture.size) > 250 and len(picture.getcolors() or []) > 10, path.stem

    again = data / "tiny-2.keras"
    assert main(["pack", "--model", str(out), "--data", str(data), "--out", str(again), "--limit", "20"]) == 0
    packed = load_artifacts(again.with_suffix(".json"))[0].card
    assert packed["sha256"]["line-litert"] == card["sha256"]["line-litert"] and packed["line_recognizer"]["steps"]
    assert packed["training"] == card["training"] and packed["sets"]["mnist_test"]["count"] == 20

    assert main(["export", "--model", str(out), "--out", str(data / "again.keras")]) == 0
    assert (data / "again.tflite").stat().st_size > 200_000


@pytest.mark.long  # trains three times: 20 s on one core
def test_an_interrupted_training_is_resumed(training_set, tmp_path, monkeypatch):
    monkeypatch.setattr(digit_network_training, "BACKUP_SECONDS", 0)
    load_batch, taken = digit_dataset.EpochBatches.__getitem__, []

    def load_until_interrupted(batches, place):
        taken.append(place)
        if len(taken) == 8:
            raise RuntimeError("power cut")
        return load_batch(batches, place)

    monkeypatch.setattr(digit_dataset.EpochBatches, "__getitem__", load_until_interrupted)
    options = TrainingOptions(epochs=4, batch=16)
    with pytest.raises(Exception, match="power cut"):
        digit_network_training.train(training_set, options, tmp_path / "unfinished")
    stopped_at = len(taken)
    _, record = digit_network_training.train(training_set, options, tmp_path / "unfinished")
    assert len(taken) - stopped_at < 4 * 3, "finished epochs are not trained again"
    assert len(record["history"]["loss"]) == 4


def test_training_can_start_from_an_earlier_network(tmp_path):
    earlier = build_network()
    earlier.save(tmp_path / "earlier-1.keras")
    one, new = (
        digit_network_training.start_network(build_network, path) for path in (tmp_path / "earlier-1.keras", None)
    )
    assert all(np.array_equal(*pair) for pair in zip(one.get_weights(), earlier.get_weights(), strict=True))
    assert not np.array_equal(new.get_weights()[0], earlier.get_weights()[0])


def test_the_form_for_training_gives_the_same_logits(training_set):
    trained, kept = build_network(is_for_training=True), build_network()
    copy_weights(trained, kept)
    ink = training_set.validation.images
    assert np.allclose(trained.predict(ink, verbose=0), kept.predict(ink, verbose=0), atol=1e-4)
    assert kept.count_params() <= 240_000


def test_images_are_augmented_in_training_only(training_set):
    augment, pixels = AugmentImages(seed=1), np.repeat(training_set.images[:1], 40, axis=0)
    plain, varied = np.asarray(augment(pixels)), np.asarray(augment(pixels, training=True))
    assert np.allclose(plain * 255, pixels, atol=1e-3)
    assert varied.shape == plain.shape and varied.min() >= 0 and varied.max() <= 1
    assert all(np.abs(varied[0] - other).sum() > 3 for other in varied[1:])
    assert 0.6 < varied.sum() / plain.sum() < 1.6, "about as much ink as before"
    again = np.asarray(AugmentImages(seed=1)(pixels, training=True))
    assert np.allclose(again, varied)


def test_batches_have_one_size_and_each_epoch_uses_other_rounds(training_set):
    batches = digit_dataset.EpochBatches(training_set, seed=1, batch=20)
    first = [batches[place] for place in range(len(batches))]
    assert [len(images) for images, _ in first] == [20, 20]
    batches.start_epoch(1)
    assert not np.array_equal(batches[0][0], first[0][0])
    batches.start_epoch(0)
    assert np.array_equal(batches[0][0], first[0][0]), "an epoch depends on the seed and its number alone"
    assert sorted(digit_dataset._choose_round(7, 1, turn) for turn in range(7, 14)) == list(range(7))


def test_teachers_vote_on_the_same_image_and_are_half_of_the_target(training_set, tmp_path):
    paths = [tmp_path / f"teacher-{place}.keras" for place in range(2)]
    for path in paths:
        build_network().save(path)
    trainee = add_training_layers(build_network(), TrainingOptions(1, teachers=paths))
    outputs = trainee.predict(training_set.images[:4], verbose=0)
    assert outputs.shape == (4, 22) and np.allclose(outputs[:, 11:].sum(axis=1), 1, atol=1e-4)
    labels, sure = np.eye(11, dtype=np.float32)[[3]], np.eye(11, dtype=np.float32)[[3]] * 20
    agreeing, doubting = (np.concatenate([sure, np.eye(11, dtype=np.float32)[[vote]]], axis=1) for vote in (3, 8))
    alone, agreed, doubted = (float(np.asarray(mixed_loss(labels, seen))[0]) for seen in (sure, agreeing, doubting))
    assert agreed < alone < doubted
    assert len(trainee.trainable_variables) == len(build_network().trainable_variables)
