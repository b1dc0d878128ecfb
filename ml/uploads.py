"""An uploaded picture: refused by its header, or decoded, turned upright and bounded. Pillow only, no NumPy."""

import io

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
KEPT_SIDE_PX = 2048
START_OF_SCAN = b"\xff\xda"
SCANS_LIMIT = 50  # a progressive JPEG has about ten; each costs a pass over all its pixels
PNG_OF_A_DRAWING = {"compress_level": 1, "compress_type": 3}  # zlib's Z_RLE: for flat colours quicker, and smaller
DRAWN_COLOURS = 1024  # a picture of so few colours was drawn, not photographed


class UnreadableImage(ValueError):
    """These bytes are no picture that can be read."""


class TooLarge(ValueError):
    """The picture has more pixels than are allowed."""


def check_header(data: bytes, *, max_pixels: int, max_side_px: int) -> tuple[str, int, int]:
    """Return format ("PNG", "JPEG" or "WEBP"), width and height, reading no more than the header.

    Raises UnreadableImage, TooLarge.
    """
    image = _open(data, max_pixels, max_side_px)
    return str(image.format), image.width, image.height


def decode(data: bytes, *, max_pixels: int, max_side_px: int) -> Image.Image:
    """Return the picture's first frame, upright, as L, RGB or RGBA, at most 2048 px a side, without its metadata.

    `info["scale"]` of the result says how many of its pixels stand for one pixel of what was sent.
    Raises UnreadableImage, TooLarge; the limits are checked before a pixel is decoded.
    """
    image = _open(data, max_pixels, max_side_px)
    sent_side = max(image.size)
    try:
        image.draft(None, (KEPT_SIDE_PX, KEPT_SIDE_PX))  # a JPEG can be decoded small: less time, less memory
        image.load()
        exif = image.getexif()
        if image.mode not in ("1", "P", "PA") and not image.mode.startswith("I"):  # averaging needs true brightness
            image.thumbnail((KEPT_SIDE_PX, KEPT_SIDE_PX), Image.Resampling.BOX)
        plain = _plain_colours(image)
        plain.thumbnail((KEPT_SIDE_PX, KEPT_SIDE_PX), Image.Resampling.BOX)
        plain.info = {"exif": exif.tobytes()} if exif else {}
        ImageOps.exif_transpose(plain, in_place=True)
    except Exception as problem:  # Pillow raises a dozen kinds for broken files: the sender hears of it
        raise UnreadableImage("This picture is damaged or cut short. Save it again as PNG or JPEG.") from problem
    plain.info = {"scale": max(plain.size) / sent_side}
    return plain


def encode(image: Image.Image) -> bytes:
    """Return the picture as bytes to keep: PNG for a drawing, WebP for a photo; no metadata."""
    clean = image.copy()
    clean.info = {}
    kept = io.BytesIO()
    if clean.getcolors(DRAWN_COLOURS) is None:
        clean.save(kept, "WEBP", quality=90, method=2)
    else:
        clean.save(kept, "PNG", **PNG_OF_A_DRAWING)
    return kept.getvalue()


def without_needless_colour(image: Image.Image) -> Image.Image:
    """Return L for RGB that is all grey, as most drawings are: a third of the work. Other modes stay."""
    if image.mode != "RGB":
        return image
    red, green, blue = image.split()
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else image


def _open(data: bytes, max_pixels: int, max_side_px: int) -> Image.Image:
    """Read the header only. Raises UnreadableImage, TooLarge."""
    too_large = f"The picture is too large: at most {max_side_px} px a side and {max_pixels / 1e6:g} megapixels."
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise TooLarge(too_large) from problem
    except Exception as problem:  # Pillow raises a dozen kinds for broken files: the sender hears of it
        raise UnreadableImage("This is not a PNG, JPEG or WebP picture.") from problem
    if image.format == "JPEG" and data.count(START_OF_SCAN) > SCANS_LIMIT:
        raise UnreadableImage("This JPEG has far too many passes. Save it again as a plain JPEG or PNG.")
    if max(image.size) > max_side_px or image.width * image.height > max_pixels:
        raise TooLarge(too_large)
    return image


def _plain_colours(image: Image.Image) -> Image.Image:
    """Return RGBA where the picture has transparency, L where all is grey, else RGB; 16 bits a pixel become 8."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return without_needless_colour(image if image.mode in ("L", "RGB") else image.convert("RGB"))
