"""Decode photographs and PDFs of pages in a process of their own, under limits of CPU, memory and wall time."""

import numpy as np
from numpy.typing import NDArray


def open_image(data: bytes) -> NDArray[np.uint8]:
    """Return a photograph as (h, w) uint8 grey, upright by its EXIF, its longer side at most 4,096 px.

    Raises:
        UnreadableImage, TooLarge: with a sentence that says what to do.
        DecoderKilled: if the process was killed from outside; it may be tried again.
    """
    raise NotImplementedError


def open_pdf(data: bytes) -> list[bytes]:
    """Return a JPEG of each page of a PDF, at most 20, about 250 dpi; raises as `open_image`.

    Raises ProtectedPDF for one that needs a password, and TooManyPages.
    """
    raise NotImplementedError
