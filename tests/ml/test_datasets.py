"""Data sets are verified when they are loaded, and pen strokes are split by writer."""

import gzip
import json

import numpy as np
import pytest

from ml.data import datasets
from ml.data.augmentation import augment_strokes
from ml.data.datasets import BadDataset, PenDigit, load_mnist, load_pen_digits, parse_unipen, split_writers
from ml.data.hard_negatives import draw_hard_negatives
from ml.preprocessing.normalization import normalize
from ml.preprocessing.strokes import render_strokes

UNIPEN = """
.INCLUDE dene.doc
.COORD X Y
.SEGMENT DIGIT 0-1 ? "7"
.COMMENT 7 12 1
.PEN_DOWN
100 400
200 400
150 200
.PEN_UP
.DT 100
.PEN_DOWN
120 300
190 300
.PEN_UP
.SEGMENT DIGIT 2 ? "1"
.COMMENT 1 13 2
.PEN_DOWN
50 100
50 20
.PEN_UP
"""


def test_mnist_with_other_pixels_is_refused(tmp_path):
    np.savez(tmp_path / "mnist_test.npz", x=np.zeros((10_000, 28, 28), np.uint8), y=np.zeros(10_000, np.uint8))
    with pytest.raises(BadDataset, match="sha256"):
        load_mnist("test", tmp_path)


def test_mnist_of_another_shape_is_refused(tmp_path):
    np.savez(tmp_path / "mnist_train.npz", x=np.zeros((5, 28, 28), np.uint8), y=np.zeros(5, np.uint8))
    with pytest.raises(BadDataset, match="60000 images"):
        load_mnist("train", tmp_path)


def test_keras_mnist_file_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "MNIST_COUNT", {"train": 3, "test": 2})
    images = np.arange(5 * 784, dtype=np.uint64).reshape(5, 28, 28).astype(np.uint8)
    hashes = {"train": datasets.hash_pixels(images[:3]), "test": datasets.hash_pixels(images[3:])}
    monkeypatch.setattr(datasets, "MNIST_SHA256", hashes)
    labels = np.arange(5, dtype=np.uint8)
    parts = {"x_train": images[:3], "y_train": labels[:3], "x_test": images[3:], "y_test": labels[3:]}
    np.savez(tmp_path / "mnist.npz", **parts)
    loaded, loaded_labels = load_mnist("test", tmp_path)
    assert loaded.shape == (2, 28, 28) and loaded.max() <= 1 and loaded_labels.tolist() == [3, 4]


def test_unipen_files_are_parsed():
    seven, one = parse_unipen(UNIPEN.splitlines())
    assert (seven.digit, seven.writer, len(seven.strokes)) == (7, 12, 2)
    assert (one.digit, one.writer, len(one.strokes)) == (1, 13, 1)
    assert seven.strokes[0][0].tolist() == [100, -400], "y points down in our strokes, up in UNIPEN's"


def test_both_formats_of_pen_strokes_are_found_in_a_folder(tmp_path):
    (tmp_path / "pendigits-orig.tes").write_text(UNIPEN)
    with gzip.open(tmp_path / "mine.jsonl.gz", "wt") as file:
        file.write(json.dumps({"digit": 4, "writer": 3, "strokes": [[[0, 0], [5, 9, 12]]]}) + "\n")
    found = load_pen_digits(tmp_path)
    assert [(pen.digit, pen.writer) for pen in found] == [(4, 3), (7, 1012), (1, 1013)]
    assert found[0].strokes[0].tolist() == [[0, 0], [5, 9]]


@pytest.mark.parametrize("line", ["{}", "no json", '{"digit": "x", "strokes": []}', '{"digit": 1, "strokes": [[1]]}'])
def test_an_invalid_line_is_quoted_in_the_error(tmp_path, line):
    with gzip.open(tmp_path / "bad.jsonl.gz", "wt") as file:
        file.write(line + "\n")
    with pytest.raises(BadDataset, match="Not a pen digit"):
        load_pen_digits(tmp_path)


def test_each_writer_is_in_one_set_only():
    pens = [PenDigit(number % 10, number % 30, []) for number in range(300)]
    parts = [{pen.writer for pen in part} for part in split_writers(pens)]
    assert [len(part) for part in parts] == [22, 3, 5]
    assert len(set().union(*parts)) == 30


def test_augmentation_is_random_and_reproducible_by_its_seed():
    stroke = [np.array([[0.0, 0.0], [30.0, 40.0], [10.0, 90.0]])]

    def draw(seed):
        rng = np.random.default_rng(seed)
        augmented, pen = augment_strokes(stroke, rng)
        image = normalize(render_strokes([line.tolist() for line in augmented], pen_px=pen).ink)
        return image

    assert np.array_equal(draw(1), draw(1))
    assert np.abs(draw(1) - draw(2)).sum() > 5
    assert draw(1).min() >= 0 and draw(1).max() <= 1


def test_hard_negatives_contain_ink():
    pens = [[np.array([[0.0, 0.0], [30.0, 40.0]])]]
    drawn = draw_hard_negatives(60, pens, np.random.default_rng(3))
    assert drawn.shape == (60, 28, 28) and drawn.min() >= 0 and drawn.max() <= 1
    assert (drawn.sum(axis=(1, 2)) > 3).all()
