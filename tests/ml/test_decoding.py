"""Large pictures are decoded in a process of their own, which may die without harm."""

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from PIL import Image

from ml.decoding.decoder import Decoder, DecoderKilled
from ml.decoding.process import ROOT
from ml.image_files.types import TooLarge, UnreadableImage
from ml.uploads import check_header, decode_checked, needs_own_process

LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8192, "max_jpeg_pixels": 50_000_000}


def encoded(size, format_="PNG", **options):
    """Return a file of a few grey bars, which is small whatever its size."""
    image = Image.new("RGB", size, "white")
    for left in range(0, size[0], 200):
        image.paste((left % 255, 10, 90), (left, 10, left + 60, size[1] - 10))
    kept = io.BytesIO()
    image.save(kept, format_, **options)
    return check_header(kept.getvalue(), **LIMITS)


@pytest.fixture(scope="module")
def decoder():
    """Yield a decoder that serves all tests."""
    with_process = Decoder()
    yield with_process
    with_process.close()


@pytest.fixture(scope="module")
def large():
    """Return a picture of 8 megapixels."""
    return encoded((3840, 2160))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_is_decoded_as_it_is_within_the_worker(decoder, format_):
    file = encoded((2600, 1700), format_)
    assert needs_own_process(file)
    alone, here = decoder.decode(file), decode_checked(file)
    assert (alone.mode, alone.size, alone.info) == (here.mode, here.size, here.info)
    assert np.array_equal(np.asarray(alone), np.asarray(here))


def test_small_pictures_need_no_process_and_large_ones_do(large):
    assert not needs_own_process(encoded((280, 280)))
    assert needs_own_process(large)
    assert Decoder().pid is None  # it costs nothing before the first


def test_damaged_pictures_leave_the_process_alive(decoder, large):
    decoder.decode(large)
    pid, cut = decoder.pid, large.without_metadata()[:5_000]
    with pytest.raises(UnreadableImage):
        decoder.decode(replace(large, parts=(cut,)))
    assert decoder.pid == pid and decoder.decode(large).size == (2048, 1152)


def test_a_picture_over_the_limit_of_memory_fails_alone(large):
    decoder = Decoder(memory_bytes=20_000_000)
    with pytest.raises(TooLarge):
        decoder.decode(large)
    assert decoder.decode(encoded((280, 280))).size == (280, 280)
    decoder.close()


def test_a_picture_over_the_limit_of_cpu_time_fails_alone():
    whole = io.BytesIO()
    Image.new("L", (1_500, 1_500), 90).save(whole, "JPEG", progressive=True)
    file = check_header(whole.getvalue(), **LIMITS)
    start, *scans = whole.getvalue().split(b"\xff\xda")
    bomb = b"\xff\xda".join([start, *scans[:-1], *[scans[-1][:-2]] * 6_000]) + b"\xff\xd9"
    with pytest.raises(UnreadableImage, match="scans"):
        check_header(bomb, **LIMITS)
    decoder = Decoder(cpu_s=0)
    with pytest.raises(TooLarge):
        decoder.decode(replace(file, parts=(bomb,)))
    assert decoder.decode(encoded((280, 280))).size == (280, 280)
    decoder.close()


@pytest.fixture
def stopped(decoder):
    """Yield a decoder whose process is stopped, as if it hung in a picture."""
    decoder.decode(encoded((280, 280)))
    os.kill(decoder.pid, signal.SIGSTOP)
    yield decoder
    assert decoder.decode(encoded((280, 280))).size == (280, 280)


def after(seconds, pid, *signals):
    """Send signals to a process in a while."""
    timer = Timer(seconds, lambda: [os.kill(pid, one) for one in signals])
    timer.start()
    return timer


def test_a_crash_fails_the_picture_alone(stopped, large):
    after(0.2, stopped.pid, signal.SIGSEGV, signal.SIGCONT)
    with pytest.raises(UnreadableImage):
        stopped.decode(large)


def test_a_process_killed_from_outside_is_no_fault_of_the_picture(stopped, large):
    after(0.2, stopped.pid, signal.SIGKILL)
    with pytest.raises(DecoderKilled):
        stopped.decode(large)


def test_a_picture_that_hangs_is_given_up(large):
    decoder = Decoder()
    decoder.decode(encoded((280, 280)))
    decoder._process.wall_s = 0.5
    os.kill(decoder.pid, signal.SIGSTOP)
    with pytest.raises(TooLarge):
        decoder.decode(large)
    assert decoder.pid is None


def test_a_process_that_died_at_rest_is_replaced(decoder):
    decoder.decode(encoded((280, 280)))
    os.kill(decoder.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert decoder.decode(encoded((280, 280))).size == (280, 280)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc, as Linux has it")
def test_the_process_inherits_neither_secrets_nor_connections(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "planted")
    decoder = Decoder()
    decoder.decode(encoded((280, 280)))
    process = Path(f"/proc/{decoder.pid}")
    assert b"planted" not in (process / "environ").read_bytes()
    assert len(list((process / "fd").iterdir())) == 3
    decoder.close()


def test_the_process_ends_with_the_one_that_started_it():
    parent = (
        "import sys, time; from tests.ml.test_decoding import *; decoder = Decoder();"
        "decoder.decode(encoded((280, 280))); print(decoder.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, cwd=ROOT) as worker:
        pid = int(worker.stdout.readline())
        os.kill(pid, 0)
        worker.kill()
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("it still runs")
