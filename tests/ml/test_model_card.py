"""The figures of a model card: which parts are measured, of what, and how they are printed."""

import numpy as np
import pytest

from ml.__main__ import main
from ml.data.datasets import load_pen_digits
from ml.evaluation.model_card import PARTS, evaluate_model
from ml.evaluation.number_accuracy import MAX_DIGITS, evaluate_numbers
from ml.evaluation.report.tables import print_figures
from ml.evaluation.report.worst_errors import find_worst_errors


@pytest.fixture
def reader(shipped_reader):
    return shipped_reader


def test_only_the_chosen_parts_are_measured_and_printed(artifacts, data, capsys):
    figures = evaluate_model(list(artifacts.values()), data, 12, ("sets", "stress"))
    assert set(figures) == {"sets", "wild", "measures"} and figures["wild"]["count"] == 12
    for name, count in (("mnist_test", 12), ("held_out_writers", 12)):
        found = figures["sets"][name]
        assert sum(map(sum, found["confusion"])) + sum(found["not_one_digit"]) == found["count"] == count
        assert sum(found["verdicts"].values()) == count and found["accuracy"] >= 0.8
    print_figures(figures)
    output = capsys.readouterr().out
    assert "held_out_writers" in output and "MNIST test as 28 x 28 PNGs" in output and "CPU ms" not in output


def test_without_pen_written_digits_parts_that_need_them_are_left_out(artifacts, data):
    (data / "pens.jsonl.gz").unlink()
    figures = evaluate_model(list(artifacts.values()), data, 4, ("sets", "numbers", "cases"))
    assert set(figures) == {"sets", "measures"} and set(figures["sets"]) == {"mnist_test", "no_digits"}


def test_an_unknown_part_is_refused_with_the_known_ones(artifacts, data, capsys):
    model = ["--model", "ml/shipped/inkling-4.tflite", "--data", str(data)]
    assert main(["evaluate", *model, "--sets", "numbers", "words"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Unknown: words.") and all(part in told for part in PARTS)


def test_numbers_have_two_to_five_digits_and_are_pooled(reader, data):
    figures = evaluate_numbers(reader, load_pen_digits(data), 3)
    kinds = {kind: found for kind, found in figures.items() if kind != "all"}
    assert len(kinds) == 4 and all(6 <= found["digits"] <= 3 * MAX_DIGITS for found in kinds.values())
    for form in ("pixels", "strokes"):
        exact = [found[form]["exact"] for found in kinds.values()]
        assert figures["all"][form]["exact"] == pytest.approx(np.mean(exact), abs=1e-4)
        assert figures["all"][form]["count"] == 12 >= figures["all"][form]["right_and_sure"]


def test_the_worst_errors_are_the_most_confident_ones(reader, data):
    found = find_worst_errors(reader, data, 40)
    assert set(found) == {"MNIST test set", "Held-out writers", "Not digits"} and found["Not digits"]
    for errors in found.values():
        assert [error.confidence for error in errors] == sorted((error.confidence for error in errors), reverse=True)
        assert all(error.image.shape == (28, 28) and error.read != error.label for error in errors)
