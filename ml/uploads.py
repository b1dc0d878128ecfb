"""Check, decode and re-encode uploaded pictures. Needs Pillow but not NumPy."""

import io

from PIL import Image, ImageChops, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from ml.image_formats import count_jpeg_scans, describe_format
from ml.png import encode_png

FORMATS = ("PNG", "WEBP")  # beside JPEG
JPEG_START = b"\xff\xd8\xff"
KEPT_SIDE_PX = 2048
DRAFT_SIDE_PX = 1536  # a JPEG is decoded at the smallest of 1, 1/2, 1/4 and 1/8 of its size that is at least this
SCANS_LIMIT = 50  # a progressive JPEG has about ten; each costs a pass over all its pixels
DRAWING_COLOURS = 1024  # a picture with no more colours was drawn, or is grey
FLAT_SHARE = 0.2  # of its bytes that a drawing of flat colours takes at most as PNG without filters


class UnreadableImage(ValueError):
    """These bytes cannot be read as a picture."""


class TooLarge(ValueError):
    """The picture has more pixels than allowed."""


def check_header(data: bytes, *, max_pixels: int, max_side_px: int, max_jpeg_pixels: int = 0) -> tuple[str, int, int]:
    """Return the format ("PNG", "JPEG" or "WEBP"), width and height without decoding any pixel.

    Args:
        data: the bytes of the file.
        max_pixels: the limit of a picture that is decoded at its full size.
        max_side_px: the limit of its longer side.
        max_jpeg_pixels: the limit of a JPEG of one scan, which is decoded small and never held whole.

    Raises UnreadableImage, TooLarge.
    """
    image = _open(data, max_pixels, max_side_px, max_jpeg_pixels)
    return str(image.format), image.width, image.height


def decode(data: bytes, *, max_pixels: int, max_side_px: int, max_jpeg_pixels: int = 0) -> Image.Image:
    """Decode the first frame: upright, L, RGB or RGBA, at most 2048 px a side, without metadata.

    `info["scale"]` of the result is its size relative to the upload's.
    Raises UnreadableImage or TooLarge; the limits, those of `check_header`, are checked before any pixel is decoded.
    """
    image = _open(data, max_pixels, max_side_px, max_jpeg_pixels)
    sent_side = max(image.size)
    try:
        image.draft(None, _draft_size(image))  # a JPEG can be decoded small: less time, less memory
        image.load()
        exif = image.getexif()
        if image.mode not in ("1", "P", "PA") and not image.mode.startswith("I"):  # palette indices can't be averaged
            image.thumbnail((KEPT_SIDE_PX, KEPT_SIDE_PX), Image.Resampling.BOX)
        plain = _plain_colours(image)
        plain.thumbnail((KEPT_SIDE_PX, KEPT_SIDE_PX), Image.Resampling.BOX)
        plain.info = {"exif": exif.tobytes()} if exif else {}
        ImageOps.exif_transpose(plain, in_place=True)
    except Exception as problem:  # Pillow raises a dozen kinds for broken files; the sender gets the error below
        raise UnreadableImage("This image is damaged or cut short. Save it again as PNG or JPEG.") from problem
    plain.info = {"scale": max(plain.size) / sent_side}
    return plain


def encode(image: Image.Image) -> bytes:
    """Encode a picture for storage, without metadata: a drawing as PNG, a photo as WebP."""
    is_drawing = image.getcolors(DRAWING_COLOURS) is not None
    if is_drawing and len(plain := encode_png(image)) < len(image.getbands()) * image.width * image.height * FLAT_SHARE:
        return plain
    clean = image.copy()
    clean.info = {}
    kept = io.BytesIO()
    if is_drawing:
        clean.save(kept, "PNG", compress_level=1)
    else:
        clean.save(kept, "WEBP", quality=90, method=2)
    return kept.getvalue()


def drop_needless_colour(image: Image.Image) -> Image.Image:
    """Convert an RGB picture that is all grey to L, which takes a third of the work; return others unchanged."""
    if image.mode != "RGB":
        return image
    red, *others = image.split()
    is_grey = all(ImageChops.difference(red, other).getbbox() is None for other in others)
    return red if is_grey else image


def _draft_size(image: Image.Image) -> tuple[int, int]:
    """Return the least size at which a JPEG may be decoded, with the picture's aspect."""
    shrink = min(1.0, DRAFT_SIDE_PX / max(image.size))
    return max(1, round(image.width * shrink)), max(1, round(image.height * shrink))


def _open(data: bytes, max_pixels: int, max_side_px: int, max_jpeg_pixels: int) -> Image.Image:
    """Open a picture, reading only its header. Raises UnreadableImage, TooLarge."""
    is_jpeg = data.startswith(JPEG_START)
    too_large = f"The image is too large. Send at most {max_side_px} px a side and {max_pixels / 1e6:g} megapixels"
    too_large += f", {max_jpeg_pixels / 1e6:g} as a baseline JPEG." if max_jpeg_pixels > max_pixels else "."
    try:
        # not by Image.open: a photo that holds a second image, as a depth map, would become another format
        image = JpegImageFile(io.BytesIO(data)) if is_jpeg else Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise TooLarge(too_large) from problem
    except Exception as problem:  # Pillow raises a dozen kinds for broken files; the sender gets the error below
        raise UnreadableImage(_name_other_format(data)) from problem
    scans = count_jpeg_scans(data, SCANS_LIMIT) if is_jpeg else 0
    if scans > SCANS_LIMIT:
        raise UnreadableImage("This JPEG has too many progressive scans. Save it again as a baseline JPEG or PNG.")
    allowed = max(max_pixels, max_jpeg_pixels) if scans == 1 else max_pixels
    if max(image.size) > max_side_px or image.width * image.height > allowed:
        raise TooLarge(too_large)
    return image


def _name_other_format(data: bytes) -> str:
    """Return the message for bytes that are no picture we read: the format found, and what to do."""
    name = describe_format(data)
    if not name:
        return "This is not a PNG, JPEG or WebP image."
    article = "an" if name[0] in "AS" else "a"
    return f"This is {article} {name}, which can't be read. Save it as JPEG or PNG."


def _plain_colours(image: Image.Image) -> Image.Image:
    """Convert to RGBA if the picture has transparency, to L if it is grey, else to RGB; 16 bits a pixel become 8."""

    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return drop_needless_colour(image if image.mode in ("L", "RGB") else image.convert("RGB"))
