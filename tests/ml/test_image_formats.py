"""Other formats are refused by name."""

import io

import pytest
from PIL import Image

from ml.image_formats import describe_format
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
