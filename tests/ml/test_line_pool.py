"""Lines written ahead, and read back in batches of one width."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ml.data.lines import pool
from ml.data.lines.pool import BATCH_WIDTH_PX, MAX_LABELS, WIDTHS_PX, LinePool, read_chunk
from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import ALPHABET, BLANK

CHUNK = 40


@pytest.fixture
def write_chunks(data, monkeypatch):
    """Return `write_chunks` for files of few lines, in threads, which see the small data set."""

    def in_threads(processes, _context, initializer, initargs):
        return ThreadPoolExecutor(1, initializer=initializer, initargs=initargs)

    monkeypatch.setattr(pool, "ProcessPoolExecutor", in_threads)
    monkeypatch.setattr(pool, "CHUNK", CHUNK)
    monkeypatch.setattr(pool, "_sources", None)
    return lambda folder, count, seed=1: pool.write_chunks(data, folder, count, seed=seed, processes=2)


@pytest.fixture
def folder(write_chunks, tmp_path):
    """Return a folder with two files of lines."""
    write_chunks(tmp_path / "lines", 2)
    return tmp_path / "lines"


def test_lines_are_read_back_as_they_were_composed(data, folder):
    lines = read_chunk(folder / "lines-00001.npz")
    composed = pool.compose_lines(pool.load_sources(data), CHUNK, np.random.default_rng((1, 1)))
    for (pixels, text), (its_pixels, its_text) in zip(lines, composed, strict=True):
        assert (pixels == its_pixels).all() and text == its_text
    assert not list(folder.glob("*unfinished*"))


def test_files_that_are_there_are_kept_and_others_added(folder, write_chunks):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    write_chunks(folder, 3, seed=9)
    assert {path: path.stat().st_mtime_ns for path in before} == before and len(list(folder.iterdir())) == 3


def test_files_differ(folder):
    first, second = (read_chunk(folder / f"lines-0000{place}.npz") for place in (0, 1))
    assert [text for _, text in first] != [text for _, text in second]


def test_a_batch_has_one_width_and_costs_as_much_as_any(folder):
    lines, rng = LinePool(folder, 1), np.random.default_rng(1)
    lines.refresh()
    assert len(lines) == 2 * CHUNK
    for bucket in {lines.draw_bucket(rng) for _ in range(50)}:
        pixels, codes = lines.batch(bucket, 16, rng)
        width = WIDTHS_PX[bucket]
        assert pixels.shape == (16 * BATCH_WIDTH_PX // width, FIELD_PX, width) and pixels.dtype == np.uint8
        assert codes.shape == (len(pixels), MAX_LABELS)


def test_labels_stay_with_their_lines(folder):
    known = {(int(pixels.astype(int).sum()), text) for path in folder.iterdir() for pixels, text in read_chunk(path)}
    lines, rng = LinePool(folder, 1), np.random.default_rng(1)
    lines.refresh()
    for bucket in {lines.draw_bucket(rng) for _ in range(50)}:
        for pixels, codes in zip(*lines.batch(bucket, 16, rng), strict=True):
            text = "".join(ALPHABET[code - 1] for code in codes if code != BLANK)
            assert (int(pixels.astype(int).sum()), text) in known


def test_files_that_appear_meanwhile_are_read_once(folder, write_chunks):
    lines = LinePool(folder, 1)
    lines.refresh()
    write_chunks(folder, 3)
    (folder / "lines-00009.unfinished.npz").write_bytes(b"half of a file")
    lines.refresh()
    lines.refresh()
    assert len(lines) == 3 * CHUNK


def test_held_out_lines_are_of_other_writers_and_images(data):
    training, held_out = pool.load_sources(data), pool.load_sources(data, held_out=True)
    assert not {id(one) for one in training.writers} & {id(one) for one in held_out.writers}
    seen = {image.tobytes() for images in training.images for image in images}
    assert not any(image.tobytes() in seen for images in held_out.images for image in images)
    strokes = {
        stroke.tobytes() for own in training.writers for digits in own.values() for one in digits for stroke in one
    }
    for own in held_out.writers:
        assert not any(stroke.tobytes() in strokes for digits in own.values() for one in digits for stroke in one)
