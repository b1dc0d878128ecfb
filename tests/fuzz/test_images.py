"""Damaged image files are refused, never raise anything else; the same files on each run. `images.py` tries more."""

import random
from collections import Counter

import pytest

from tests.fuzz.corpus import corpus
from tests.fuzz.images import damage, feed

FILES = corpus()
REPLAYED = 1_000


@pytest.mark.parametrize("name", FILES)
def test_the_files_of_the_corpus_are_read(name):
    assert feed(FILES[name]) in ("read", "blank")


def test_damaged_files_are_refused_or_read():
    chance, files = random.Random(24), list(FILES.values())
    ends = Counter(feed(damage(chance, files)) for _ in range(REPLAYED))
    assert ends["header refused"] and ends["not decoded"] and ends["read"] > REPLAYED / 20


@pytest.mark.parametrize("name", FILES)
def test_cut_files_are_refused_or_read(name):
    for end in range(0, len(FILES[name]), max(1, len(FILES[name]) // 12)):
        feed(FILES[name][:end])
