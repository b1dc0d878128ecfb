"""A batch of the dearest pictures ends no worker, lets others through, and takes bounded memory."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from bench.security.files import png
from tests.site import open_site

PICTURES = 32
GROWTH_LIMIT_MB = 200
DEAREST = {"kind": "RGBA", "depth": 8, "megapixels": 8.2, "aspect": 1.7, "interlaced": False, "filter": 4, "bits": 1}
URL = "/api/v1/submissions/"
BAR = {"strokes": [[[140, 40], [140, 240]]], "width": 280, "height": 280, "pen_px": 20}


def _status(pid, name):
    """Return megabytes of a process by /proc, or 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith(name)), 0)


def _children(pid):
    of_threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for path in of_threads for one in path.read_text(encoding="ascii").split()]


@pytest.mark.long  # 32 pictures of 8 megapixels by a real worker
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_32_of_the_dearest_pictures_neither_end_a_worker_nor_starve_others():
    data = png(np.random.default_rng(0), DEAREST | {"repeated": 64, "level": 6, "chunk": 1 << 13})
    with open_site(workers=1) as site:
        worker = site.service("worker-1").process.pid
        before_mb = _status(worker, "VmRSS")
        sent = [
            site.request("POST", URL, data=data, headers={"Content-Type": "image/png"}).json()["id"]
            for _ in range(PICTURES)
        ]
        began = time.monotonic()
        neighbour = site.request("POST", URL, user="bob", json=BAR).json()["id"]
        unfinished = "SELECT 1 FROM predictions_submission WHERE status IN ('queued', 'running')"
        of_neighbour = "SELECT status FROM predictions_submission WHERE id = %s"
        site.wait_until(lambda: site.query(of_neighbour, neighbour) == [("succeeded",)], 60)
        waited_s, killed = time.monotonic() - began, 0
        waiting = len(site.query(unfinished))
        for pid in _children(worker)[:1]:
            os.kill(pid, signal.SIGKILL)  # as the kernel does where memory is short
            killed = pid
        site.wait_until(lambda: not site.query(unfinished), 240)
        ends = site.query("SELECT error_code, attempts FROM predictions_submission WHERE id = ANY(%s)", sent)
        assert {code for code, _ in ends} <= {"", "blank"} and max(attempts for _, attempts in ends) <= 2
        assert killed and waiting > PICTURES / 4, (waiting, waited_s)  # the neighbour was let through
        assert site.service("worker-1").process.pid == worker
        grown_mb = _status(worker, "VmHWM") - before_mb
        decoder_mb = sum(_status(pid, "VmHWM") for pid in _children(worker))
        print(
            f"worker {before_mb:.0f} MB, grew {grown_mb:.0f}; decoder {decoder_mb:.0f} MB; neighbour {waited_s:.1f} s"
        )
        assert grown_mb + decoder_mb < GROWTH_LIMIT_MB
