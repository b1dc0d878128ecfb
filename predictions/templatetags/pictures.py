"""The limits of pictures, which the drawing page knows before it sends one."""

from django import template
from django.conf import settings
from django.utils.formats import number_format

register = template.Library()


@register.simple_tag
def picture_limits() -> dict[str, int | str]:
    """Return the limits of one picture and of a batch, in numbers for scripts and in words for people."""
    return {
        "bytes": settings.UPLOAD_LIMIT_BYTES,
        "pixels": settings.IMAGE_LIMIT_PIXELS,
        "side_px": settings.IMAGE_LIMIT_SIDE_PX,
        "batch_items": settings.BATCH_ITEMS_LIMIT,
        "batch_bytes": settings.BATCH_LIMIT_BYTES,
        "megabytes": _millions(settings.UPLOAD_LIMIT_BYTES),
        "megapixels": _millions(settings.IMAGE_LIMIT_PIXELS),
    }


def _millions(number: int) -> str:
    return number_format(f"{number / 1e6:g}")
