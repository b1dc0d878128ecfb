"""Other formats are refused by name, and only the scans of a JPEG's first image count."""

import io

import pytest
from PIL import Image

from ml.image_formats import count_jpeg_scans, describe_format
from ml.uploads import UnreadableImage, check_header


def encode(format_, **options):
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(kept, format_, **options)
    return kept.getvalue()


OTHERS = {
    "a GIF image": encode("GIF"),
    "a TIFF image": encode("TIFF"),
    "a BMP image": encode("BMP"),
    "a PDF": encode("PDF"),
    "a HEIC image": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "an AVIF image": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif",
    "a JPEG XL image": b"\0\0\0\x0cJXL \r\n\x87\n",
    "an SVG image": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_refused_by_name_with_the_way_out(name):
    with pytest.raises(UnreadableImage, match=f"This is {name}.*Save it as JPEG or PNG."):
        check_header(OTHERS[name], max_pixels=16_000_000, max_side_px=8_192)


@pytest.mark.parametrize("data", [b"", b"GI", bytes(100), b"hello, world", b"\0\0\0\x18ftyp"], ids=repr)
def test_unknown_bytes_are_not_given_a_wrong_name(data):
    assert describe_format(data) in ("", "video")


def test_scans_are_counted_up_to_the_limit():
    assert count_jpeg_scans(encode("JPEG"), 50) == 1
    progressive = encode("JPEG", progressive=True)
    assert 5 < count_jpeg_scans(progressive, 50) < 15
    assert count_jpeg_scans(progressive, 3) == 4


def test_neither_a_thumbnail_nor_a_video_counts():
    whole = encode("JPEG")
    with_thumbnail = whole[:2] + b"\xff\xe1" + (len(whole) + 2).to_bytes(2, "big") + whole + whole[2:]
    assert count_jpeg_scans(with_thumbnail, 50) == 1
    assert count_jpeg_scans(whole + b"\xff\xda" * 100, 50) == 1


@pytest.mark.parametrize("end", [1, 2, 3, 20, 300])
def test_scans_of_a_truncated_jpeg_are_counted_without_an_error(end):
    assert count_jpeg_scans(encode("JPEG")[:end], 50) in (0, 1)
