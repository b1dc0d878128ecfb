"""Images for tests."""

import io

from PIL import Image


def encode_image(format_: str = "PNG", size: tuple[int, int] = (40, 40)) -> bytes:
    """Return a white image, encoded."""
    data = io.BytesIO()
    Image.new("L", size, 255).save(data, format_)
    return data.getvalue()
