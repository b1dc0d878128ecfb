"""Feed damaged image files through everything that reads them, and report what is not a refusal.

    .venv/bin/python -m tests.fuzz.images --minutes 10

Damages the files of `tests.fuzz.corpus` at random: bits, numbers at their limits, pieces cut, doubled, swapped or
taken from another file; PNG checksums are mended, so that more than the checksum is tried. A child of this process
does the work, so that a crash of a decoder is seen and its file is kept.
"""

import argparse
import hashlib
import random
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

from ml import uploads
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing
from ml.recognition.text_line import find_text_line
from tests.fuzz.corpus import corpus

LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8_192, "max_jpeg_pixels": 50_000_000}
PIXELS_LIMIT = 2_000_000  # more is refused by the fuzzer itself: it looks for crashes, not for costs
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
REFUSALS = (uploads.UnreadableImage, uploads.TooLarge, BlankDrawing)
BATCH = 2_000


def feed(data: bytes) -> str:
    """Do with a file what web and worker do; return how far it came. Raises what is not a refusal."""
    try:
        file = uploads.check_header(data, **LIMITS)
    except REFUSALS:
        return "header refused"
    if file.width * file.height > PIXELS_LIMIT:
        return "large"
    try:
        image = uploads.decode_checked(file)
    except REFUSALS:
        return "not decoded"
    assert image.mode in ("L", "RGB", "RGBA") and max(image.size) <= uploads.KEPT_SIDE_PX
    kept = uploads.encode(image)
    uploads.decode(kept, **LIMITS)
    try:
        find_text_line(page_from_image(image))
    except REFUSALS:
        return "blank"
    return "read"


def damage(chance: random.Random, files: list[bytes]) -> bytes:
    """Return a file with a few damages."""
    data = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        if not data:
            break
        at = chance.randrange(len(data))
        length = chance.choice((1, 2, 4, 16, 64))
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                wide = chance.choice((1, 2, 4))
                number = chance.choice(EDGES) & ((1 << 8 * wide) - 1)
                data[at : at + wide] = number.to_bytes(wide, chance.choice(("big", "little")))
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length] * chance.choice((1, 3, 50))
            case 4:
                other = chance.choice(files)
                start = chance.randrange(len(other))
                data[at : at + length] = other[start : start + length]
            case _:
                data[at : at + length] = chance.randbytes(length)
    return mend_checksums(bytes(data)) if chance.random() < 0.8 else bytes(data)


def mend_checksums(data: bytes) -> bytes:
    """Return a PNG with the right checksum of each chunk; other files unchanged."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    found, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        body = data[at + 4 : at + 8 + length]
        if at + 12 + length > len(data):
            break
        found.append(data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body)))
        at += 12 + length
    return b"".join(found) + data[at:]


def run(seed: int, count: int, stop_file: Path) -> None:
    """Feed `count` damaged files; the one being read lies in `stop_file`, which remains after a crash."""
    chance, files = random.Random(seed), list(corpus().values())
    for _ in range(count):
        data = damage(chance, files)
        stop_file.write_bytes(data)
        feed(data)
    stop_file.unlink(missing_ok=True)


def main() -> None:
    """Run batches in children until the time is over; exit with 1 if one of them died or raised."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--found", type=Path, default=Path("fuzz-found"), help="a folder for files that crash")
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = options.parse_args()
    current = asked.found / "current"
    if asked.child:
        return run(asked.seed, BATCH, current)
    asked.found.mkdir(parents=True, exist_ok=True)
    until, seed, crashes = time.monotonic() + 60 * asked.minutes, asked.seed, 0
    while time.monotonic() < until:
        command = [sys.executable, "-m", "tests.fuzz.images", "--child", "--seed", str(seed)]
        done = subprocess.run([*command, "--found", str(asked.found)], check=False)
        if done.returncode:
            crashes += 1
            data = current.read_bytes()
            kept = asked.found / hashlib.sha256(data).hexdigest()[:16]
            kept.write_bytes(data)
            print(f"exit status {done.returncode}: {kept}", flush=True)
        seed += 1
    current.unlink(missing_ok=True)
    print(f"{(seed - asked.seed) * BATCH} files at most, {crashes} crashes", flush=True)
    sys.exit(bool(crashes))


if __name__ == "__main__":
    main()
