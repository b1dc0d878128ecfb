"""Image headers are read without a decoder: what is dear or endless is refused in next to no time."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from bench.security.files import jpeg, png, png_chunk, webp
from ml.image_files.exif import find_orientation
from ml.image_files.jpeg import SEGMENTS_LIMIT
from ml.image_files.png import CHUNKS_LIMIT
from ml.uploads import TooLarge, UnreadableImage, check_header, decode

LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8192, "max_jpeg_pixels": 50_000_000}
RNG = np.random.default_rng(0)
PNG = {"depth": 8, "aspect": 1.7, "interlaced": False, "filter": 0, "bits": 0, "repeated": 1, "level": 1}
PNG |= {"chunk": 1 << 13}
JPEG = {"mode": "RGB", "aspect": 1.3, "quality": 60, "subsampling": 2, "progressive": False, "scans": 0, "bits": 0}
JPEG |= {"restart": 0, "which": -1}
WEBP = {"mode": "RGB", "aspect": 1.3, "lossless": False, "quality": 50, "bits": 0, "frames": 1}


def saved(format_="PNG", mode="RGB", size=(60, 40), **options):
    """Return an encoded white picture."""
    kept = io.BytesIO()
    Image.new(mode, size, "white").save(kept, format_, **options)
    return kept.getvalue()


ACCEPTED = {
    "a screenshot of 4K": lambda: png(RNG, PNG | {"kind": "RGB", "megapixels": 8.2}),
    "a screenshot of 4K with transparency": lambda: png(RNG, PNG | {"kind": "RGBA", "megapixels": 8.2}),
    "a progressive photo of 12 megapixels": lambda: jpeg(RNG, JPEG | {"megapixels": 12, "progressive": True}),
    "a WebP of 8 megapixels": lambda: webp(RNG, WEBP | {"megapixels": 8}),
}
DEAR = {
    "16 bits a channel": lambda: png(RNG, PNG | {"kind": "RGBA", "megapixels": 8, "depth": 16}),
    "interlaced": lambda: png(RNG, PNG | {"kind": "RGBA", "megapixels": 8.2, "interlaced": True}),
    "16 megapixels of WebP": lambda: webp(RNG, WEBP | {"megapixels": 15.9}),
    "40 scans": lambda: jpeg(
        RNG, JPEG | {"megapixels": 12, "progressive": True, "scans": 40, "which": 0, "subsampling": 0, "bits": 5}
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_people_send_is_accepted(name):
    check_header(ACCEPTED[name](), **LIMITS)


@pytest.mark.parametrize("name", DEAR)
def test_what_takes_long_to_decode_is_refused_by_its_header(name):
    with pytest.raises(TooLarge, match=r"takes too long to decode\. Save it as a baseline JPEG, or make it smaller\."):
        check_header(DEAR[name](), **LIMITS)


@pytest.mark.parametrize("place", [33, -12], ids=["before the pixels", "behind them"])
def test_a_png_of_very_many_chunks_is_refused(place):
    whole = saved()
    with pytest.raises(UnreadableImage, match="too many parts"):
        check_header(whole[:place] + png_chunk(b"teSt", b"") * CHUNKS_LIMIT + whole[place:], **LIMITS)


def test_a_jpeg_of_very_many_segments_is_refused():
    whole = saved("JPEG")
    with pytest.raises(UnreadableImage, match="too many parts"):
        check_header(whole[:2] + b"\xff\xfe\0\2" * SEGMENTS_LIMIT + whole[2:], **LIMITS)


@pytest.mark.parametrize("frame", [0xC3, 0xC9, 0xCA], ids=["lossless", "arithmetic", "arithmetic and progressive"])
def test_uncommon_jpegs_are_refused(frame):
    whole = saved("JPEG")
    place = whole.index(b"\xff\xc0")
    with pytest.raises(UnreadableImage, match="uncommon kind of JPEG"):
        check_header(whole[: place + 1] + bytes([frame]) + whole[place + 2 :], **LIMITS)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_decoder_sees_no_metadata(format_):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a secret place", 6
    sent = saved(format_, exif=exif.tobytes(), icc_profile=b"a profile")
    file = check_header(sent, **LIMITS)
    assert b"a secret place" in sent and b"a secret place" not in file.without_metadata()
    assert b"a profile" not in file.without_metadata()
    assert file.orientation == 6 and decode(sent, **LIMITS).size == (40, 60)


def test_an_exif_that_points_everywhere_is_read_in_no_time_and_memory():
    entries = b"".join(struct.pack("<HHII", tag, 1, 2**31, 8) for tag in range(5_000))
    assert find_orientation(b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5_000) + entries) == 1


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"II" * 9], ids=repr
)
def test_broken_exif_says_nothing(exif):
    assert find_orientation(exif) == 1


def test_each_orientation_is_applied_as_pillow_does():
    from PIL import ImageOps

    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.new("RGB", (60, 40), "white")
        image.paste("black", (0, 0, 30, 20))
        kept = io.BytesIO()
        image.save(kept, "PNG", exif=exif.tobytes())
        with Image.open(io.BytesIO(kept.getvalue())) as sent:
            upright = ImageOps.exif_transpose(sent).convert("L")
        assert np.array_equal(np.asarray(decode(kept.getvalue(), **LIMITS).convert("L")), np.asarray(upright))
