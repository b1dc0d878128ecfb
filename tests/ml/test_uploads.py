"""Uploads are rejected by their header, or decoded upright at a bounded size."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from ml.uploads import TooLarge, UnreadableImage, check_header, decode, encode, media_type

LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8192}


def picture(format_="PNG", size=(60, 40), mode="RGB", **options):
    """Return an encoded picture whose upper left quarter is black."""
    image = Image.new(mode, size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1] // 2))
    kept = io.BytesIO()
    image.save(kept, format_, **options)
    return kept.getvalue()


def png_of_size(width, height):
    """Return a PNG with this size in its header and no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 9) + b"IDAT" + bytes(13)


def photo(size=(5712, 4284), **options):
    """Return a JPEG of a dark bar on grey paper; drawing and encoding 48 megapixels takes 0.5 s."""
    image = Image.new("L", size, 200)
    image.paste(30, (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 3))
    kept = io.BytesIO()
    image.save(kept, "JPEG", **options)
    return kept.getvalue()


def header_of(data, **limits):
    """Return the format, width and height that a header states."""
    file = check_header(data, **limits)
    return file.format, file.width, file.height


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_png_jpeg_and_webp_are_accepted(format_):
    assert header_of(picture(format_), **LIMITS) == (format_, 60, 40)
    assert decode(picture(format_), **LIMITS).size == (60, 40)


@pytest.mark.parametrize("format_", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_rejected(format_):
    with pytest.raises(UnreadableImage):
        check_header(picture(format_), **LIMITS)


@pytest.mark.parametrize(
    "start", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x00\x00\x00\x00WEBPVP8 "], ids=repr
)
def test_noise_is_rejected(start):
    with pytest.raises(UnreadableImage):
        decode(start + np.random.default_rng(0).bytes(10_000_000), **LIMITS)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_truncated_files_are_rejected_with_a_message(format_):
    whole = picture(format_, size=(600, 400))
    with pytest.raises(UnreadableImage, match=r"\.$"):
        decode(whole[: len(whole) * 2 // 3], **LIMITS)


@pytest.mark.parametrize("size", [(20_000, 20_000), (13_000, 13_000), (9_000, 10), (5_000, 4_000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels_are_rejected_before_decoding(size):
    tracemalloc.start()
    with pytest.raises(TooLarge, match="16 megapixels"):
        decode(png_of_size(*size), **LIMITS)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("size", [(5712, 4284), (8064, 6048)], ids=["24 megapixels", "48 megapixels"])
def test_large_baseline_jpegs_are_decoded_small(size):
    sent = photo(size)
    limits = LIMITS | {"max_jpeg_pixels": 50_000_000}
    assert header_of(sent, **limits) == ("JPEG", *size)
    tracemalloc.start()
    image = decode(sent, **limits)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
    assert 1024 <= max(image.size) <= 2048
    assert image.info["scale"] == pytest.approx(max(image.size) / size[0])
    assert image.getpixel((round(image.width * 0.3), round(image.height * 0.3))) < 60


def test_large_progressive_jpegs_are_rejected_before_decoding():
    with pytest.raises(TooLarge, match="50 as a baseline JPEG"):
        decode(photo(progressive=True), **LIMITS, max_jpeg_pixels=50_000_000)


def test_motion_photos_are_read():
    video = np.random.default_rng(0).bytes(1_000) + b"\xff\xda\x00\x08" * 400
    assert decode(picture("JPEG") + b"\0\0\0\x18ftypmp42" + video, **LIMITS).size == (60, 40)


def test_photos_with_a_second_image_are_jpegs():
    kept = io.BytesIO()
    first, second = Image.new("RGB", (60, 40), "white"), Image.new("RGB", (60, 40), "black")
    first.save(kept, "MPO", save_all=True, append_images=[second])
    assert header_of(kept.getvalue(), **LIMITS) == ("JPEG", 60, 40)
    assert decode(kept.getvalue(), **LIMITS).convert("L").getpixel((3, 3)) > 250


def test_a_jpeg_with_very_many_scans_is_rejected():
    whole = picture("JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    with pytest.raises(UnreadableImage, match="progressive scans"):
        check_header(whole[:start] + whole[start:-2] * 60 + whole[-2:], **LIMITS)


def test_photos_are_rotated_as_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    upright = decode(picture("JPEG", exif=exif.tobytes()), **LIMITS)
    assert upright.size == (40, 60)
    assert upright.getpixel((39, 0)) < 60 and upright.getpixel((0, 59)) > 200


def test_only_the_first_frame_is_decoded():
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    kept = io.BytesIO()
    frames[0].save(kept, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert decode(kept.getvalue(), **LIMITS).getpixel((3, 3)) == (255, 0, 0)


def test_large_pictures_are_scaled_down_and_keep_their_scale():
    image = decode(picture("JPEG", size=(4000, 3000)), **LIMITS)
    assert max(image.size) <= 2048
    assert image.info["scale"] == pytest.approx(max(image.size) / 4000)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_png_mode_is_decoded(mode):
    kept = io.BytesIO()
    with Image.open(io.BytesIO(picture())) as image:
        if mode == "I;16":
            deep = np.asarray(image.convert("L")).astype(np.uint16) * 257
            Image.fromarray(deep).save(kept, "PNG")
        else:
            image.convert(mode).save(kept, "PNG")
    grey = decode(kept.getvalue(), **LIMITS).convert("L")
    assert grey.getpixel((5, 5)) == 0 and grey.getpixel((55, 35)) == 255


def test_stored_copies_have_no_metadata():
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    for format_ in ("JPEG", "PNG", "WEBP"):
        kept = encode(decode(picture(format_, exif=exif.tobytes(), icc_profile=b"a profile"), **LIMITS))
        with Image.open(io.BytesIO(kept)) as copy:
            copy.load()
            assert not copy.getexif() and "icc_profile" not in copy.info
        assert b"Taken at home" not in kept


def test_drawings_are_stored_as_png_and_photos_as_jpeg():
    drawing = decode(picture(size=(280, 280)), **LIMITS)
    with Image.open(io.BytesIO(encode(drawing))) as copy:
        assert copy.format == "PNG" and np.array_equal(np.asarray(copy), np.asarray(drawing))
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8))
    with Image.open(io.BytesIO(encode(photo))) as copy:
        assert copy.format == "JPEG" and media_type(encode(photo)) == "image/jpeg"
    photo.putalpha(90)
    with Image.open(io.BytesIO(encode(photo))) as copy:
        assert copy.mode == "RGBA" and media_type(encode(photo)) == "image/webp"
