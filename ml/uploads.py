"""Check, decode and re-encode uploaded pictures. Checking needs the standard library only, the rest Pillow."""

import io

from PIL import Image, ImageChops
from PIL.ImageFile import ImageFile as OpenedImage
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ml.image_files.jpeg import START as JPEG_START
from ml.image_files.jpeg import draft_shrink
from ml.image_files.parsing import parse_image
from ml.image_files.png import START as PNG_START
from ml.image_files.types import ImageFile
from ml.image_files.types import TooLarge as TooLarge  # part of what this module offers
from ml.image_files.types import UnreadableImage as UnreadableImage
from ml.png import encode_png

KEPT_SIDE_PX = 2048
LOSSLESS_SIDE_PX = 1024  # of pictures that are not flat: a larger one takes long to encode as PNG
ALPHA_SIDE_PX = 1024  # of pictures with transparency, where each step takes longer; more is not needed for reading
OWN_PROCESS_PIXELS, OWN_PROCESS_MS = 4_000_000, 100.0  # above either, `ml.decoding` decodes it
COST_LIMIT_MS = 350.0  # of decoding: what may cost more is refused by its header
DRAWING_COLOURS = 1024  # a picture with no more colours was drawn, or is grey
FLAT_SHARE = 0.2  # of its bytes that a drawing of flat colours takes at most as PNG without filters
DAMAGED = "This image is damaged or cut short. Save it again as PNG or JPEG."
DECODERS: dict[str, type[OpenedImage]] = {"PNG": PngImageFile, "JPEG": JpegImageFile, "WEBP": WebPImageFile}
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF's orientation


def check_header(data: bytes, *, max_pixels: int, max_side_px: int, max_jpeg_pixels: int = 0) -> ImageFile:
    """Return what a PNG, JPEG or WebP says of itself, without decoding any pixel.

    Args:
        data: the bytes of the file.
        max_pixels: the limit of a picture that is decoded at its full size.
        max_side_px: the limit of its longer side.
        max_jpeg_pixels: the limit of a JPEG of one scan, which is decoded small and never held whole.

    Raises UnreadableImage, TooLarge.
    """
    file = parse_image(data)
    allowed = max(max_pixels, max_jpeg_pixels) if file.is_one_scan else max_pixels
    if max(file.width, file.height) > max_side_px or file.width * file.height > allowed:
        too_large = f"The image is too large. Send at most {max_side_px} px a side and {max_pixels / 1e6:g} megapixels"
        too_large += f", {max_jpeg_pixels / 1e6:g} as a baseline JPEG." if max_jpeg_pixels > max_pixels else "."
        raise TooLarge(too_large)
    if file.cost_ms > COST_LIMIT_MS:
        raise TooLarge(
            f"This {file.width} x {file.height} image takes too long to decode. "
            "Save it as a baseline JPEG, or make it smaller."
        )
    return file


def decode(data: bytes, *, max_pixels: int, max_side_px: int, max_jpeg_pixels: int = 0) -> Image.Image:
    """Decode the first frame: upright, L, RGB or RGBA, at most 2048 px a side (RGBA 1024), without metadata.

    `info["scale"]` of the result is its size relative to the upload's.
    Raises UnreadableImage or TooLarge; the limits, those of `check_header`, are checked before any pixel is decoded.
    """
    limits = {"max_pixels": max_pixels, "max_side_px": max_side_px, "max_jpeg_pixels": max_jpeg_pixels}
    return decode_checked(check_header(data, **limits))


def needs_own_process(file: ImageFile) -> bool:
    """Return whether a file is so large or dear that a process under limits should decode it."""
    return file.width * file.height > OWN_PROCESS_PIXELS or file.cost_ms > OWN_PROCESS_MS


def decode_checked(file: ImageFile) -> Image.Image:
    """Decode a file as `decode` does, whatever its size. Raises UnreadableImage, TooLarge."""
    image: Image.Image
    try:
        image = DECODERS[file.format](io.BytesIO(file.without_metadata()))  # no other decoder is ever asked
        if image.size != (file.width, file.height):
            raise UnreadableImage(DAMAGED)
        shrink = draft_shrink(max(image.size))
        image.draft(None, (image.width // shrink, image.height // shrink))  # only a JPEG can be decoded small
        image.load()
        if image.mode == "RGBA" and _is_opaque(image):
            image = image.convert("RGB")
        if image.mode not in ("1", "P", "PA") and not image.mode.startswith("I"):  # palette indices can't be averaged
            _shrink(image)
        plain = _plain_colours(image)
        _shrink(plain)
        if file.orientation in UPRIGHT:
            plain = plain.transpose(UPRIGHT[file.orientation])
    except MemoryError:
        raise TooLarge("This image takes too much memory to decode. Make it smaller.") from None
    except Exception as problem:  # Pillow raises a dozen kinds for broken files; the sender gets the error below
        raise UnreadableImage(DAMAGED) from problem
    plain.info = {"scale": max(plain.size) / max(file.width, file.height)}
    return plain


def encode(image: Image.Image) -> bytes:
    """Encode a picture for storage, without metadata.

    What is flat, or small and of few colours, is a PNG; the rest is a JPEG, which takes a tenth of WebP's time, or a
    WebP if it has transparency.
    """
    is_drawing = image.getcolors(DRAWING_COLOURS) is not None
    if is_drawing and len(plain := encode_png(image)) < len(image.getbands()) * image.width * image.height * FLAT_SHARE:
        return plain
    clean = image.copy()
    clean.info = {}
    kept = io.BytesIO()
    if is_drawing and max(clean.size) <= LOSSLESS_SIDE_PX:
        clean.save(kept, "PNG", compress_level=1)
    elif clean.mode == "RGBA":
        clean.save(kept, "WEBP", quality=90, method=0)
    else:
        clean.save(kept, "JPEG", quality=90)
    return kept.getvalue()


def media_type(encoded: bytes) -> str:
    """Return the media type of what `encode` returned."""
    if encoded.startswith(PNG_START):
        return "image/png"
    return "image/jpeg" if encoded.startswith(JPEG_START) else "image/webp"


def drop_needless_colour(image: Image.Image) -> Image.Image:
    """Convert an RGB picture that is all grey to L, which takes a third of the work; return others unchanged."""
    if image.mode != "RGB":
        return image
    red, *others = image.split()
    is_grey = all(ImageChops.difference(red, other).getbbox() is None for other in others)
    return red if is_grey else image


def _shrink(image: Image.Image) -> None:
    """Scale a picture down in place to the size that is kept."""
    side_px = ALPHA_SIDE_PX if image.mode in ("LA", "RGBA") else KEPT_SIDE_PX
    image.thumbnail((side_px, side_px), Image.Resampling.BOX)


def _is_opaque(image: Image.Image) -> bool:
    return image.getchannel("A").getextrema() == (255, 255)


def _plain_colours(image: Image.Image) -> Image.Image:
    """Convert to RGBA if the picture has transparency, to L if it is grey, else to RGB; 16 bits a pixel become 8."""

    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if not _is_opaque(image):
            return image
    return drop_needless_colour(image if image.mode in ("L", "RGB") else image.convert("RGB"))
