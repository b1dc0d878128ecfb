"""The whole training pipeline on a few of our own drawings, and the model card that it writes."""

import json

import numpy as np
import pytest
from PIL import Image

from ml.__main__ import main
from ml.artifacts import load_artifacts
from ml.data.examples import Examples
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.training import digit_dataset, digit_network_training

pytestmark = pytest.mark.timeout(600)  # training and evaluation take minutes of CPU on a busy machine


@pytest.mark.long  # trains twice and evaluates twice: 50 s on one core
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 under NumPy 2.4
def test_a_network_is_trained_evaluated_packed_and_exported(data, capsys):
    out = data / "tiny-1.keras"
    assert main(["train", "--data", str(data), "--out", str(out), "--epochs", "2", "--seed", "3", "--limit", "40"]) == 0
    artifacts = load_artifacts(out.with_suffix(".json"))
    assert [artifact.format for artifact in artifacts] == ["keras", "line-litert", "litert"]
    card = artifacts[0].card
    assert (card["name"], card["training"]["epochs"], card["training"]["seed"]) == ("tiny-1", 2, 3)
    assert card["training"]["counts"]["mnist"] == 40 and 150_000 < card["training"]["parameters"] < 250_000
    assert not set(card["training"]["training_writers"]) & {*card["calibrating_writers"], *card["held_out_writers"]}
    assert card["held_out_writers"] == [10, 11] and card["sets"]["held_out_writers"]["count"] == 10
    assert all(len(card["training"]["history"][name]) == 2 for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
    assert card["training"]["counts"]["validation"] == 20 + 5, "MNIST's last images and the calibrating writers"
    assert card["canvases"]["plain"]["count"] == 10 and card["cost"]["PNG"]["alone_ms"] > 0
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
    assert packed["sha256"]["line-litert"] == card["sha256"]["line-litert"] and packed["line_recognizer"]["training"]
    assert packed["training"] == card["training"] and packed["sets"]["mnist_test"]["count"] == 20

    assert main(["export", "--model", str(out), "--out", str(data / "again.keras")]) == 0
    assert (data / "again.tflite").stat().st_size > 500_000


@pytest.mark.long  # trains three times: 20 s on one core
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 under NumPy 2.4
def test_an_interrupted_training_is_resumed(tmp_path, monkeypatch):
    drawn = np.stack(
        [crop_single_digit(render_strokes(**golden_drawing(seed % 10, seed))).input for seed in range(300)]
    )
    labels = np.arange(300) % 10
    training_set = digit_dataset.TrainingSet(
        drawn, labels, [], Examples(drawn[:20], labels[:20])
    )  # three steps an epoch
    monkeypatch.setattr(digit_network_training, "BACKUP_STEPS", 2)
    load_batch, taken = digit_dataset.AugmentedBatches.__getitem__, []

    def load_until_interrupted(batches, place):
        taken.append(place)
        if len(taken) == 8:
            raise RuntimeError("power cut")
        return load_batch(batches, place)

    monkeypatch.setattr(digit_dataset.AugmentedBatches, "__getitem__", load_until_interrupted)
    with pytest.raises(Exception, match="power cut"):
        digit_network_training.train(training_set, epochs=4, seed=1, backup=tmp_path / "unfinished")
    stopped_at = len(taken)
    digit_network_training.train(training_set, epochs=4, seed=1, backup=tmp_path / "unfinished")
    assert len(taken) - stopped_at < 4 * 3, "finished epochs are not trained again"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 under NumPy 2.4
def test_training_can_start_from_an_earlier_network(tmp_path):
    earlier = digit_network_training.build_network()
    earlier.save(tmp_path / "earlier-1.keras")
    one, new = (
        digit_network_training.start_network(digit_network_training.build_network, path)
        for path in (tmp_path / "earlier-1.keras", None)
    )
    assert all(np.array_equal(*pair) for pair in zip(one.get_weights(), earlier.get_weights(), strict=True))
    assert not np.array_equal(new.get_weights()[0], earlier.get_weights()[0])
