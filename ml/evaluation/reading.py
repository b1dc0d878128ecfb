"""Read drawings as a worker does: the one way from what the API takes to a `Reading`. Every figure goes through it."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from PIL import Image

from ml.data.cases.case_page import Drawing
from ml.expects import Expectation
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine, find_text_line
from ml.types import MAX_DIGITS, Reading, Verdict
from ml.uploads import TooLarge, UnreadableImage, decode

IMAGE_LIMITS = {  # the service's defaults
    "max_pixels": 16_000_000,
    "max_side_px": 8_192,
    "max_jpeg_pixels": 50_000_000,
}
BATCH = 32  # drawings in one forward pass, as in a worker
BLANK = Reading("", Verdict.NOT_A_DIGIT, 0.0, ())  # stands for a refusal where only readings count


def page_of(drawing: Drawing) -> Page:
    """Return the ink of a drawing. Raises BlankDrawing, UnreadableImage or TooLarge, as the worker's `prepare` does."""
    if isinstance(drawing, bytes):
        return page_from_image(decode(drawing, **IMAGE_LIMITS))
    return render_strokes(**drawing)


def line_of(drawing: Drawing) -> TextLine:
    """Return the text line of a drawing, ready for `Reader.read`. Raises as `page_of` does."""
    return find_text_line(page_of(drawing))


def read_drawings(
    reader: Reader, drawings: Iterable[Drawing], expectation: Expectation | None = None
) -> list[Reading | None]:
    """Read drawings in batches; None where the service refuses one: no ink, unreadable, too large, too many digits.

    expectation: of what is written on all of them.
    """
    readings: list[Reading | None] = []
    waiting = iter(drawings)
    while batch := list(islice(waiting, BATCH)):
        lines = list(_prepare(batch))
        readable = [line for line in lines if line]
        found = iter(reader.read(readable, [expectation] * len(readable)))
        for line in lines:
            reading = next(found) if line else None
            readings.append(reading if reading and len(reading.digits) <= MAX_DIGITS else None)
    return readings


def _prepare(drawings: Sequence[Drawing]) -> Iterator[TextLine | None]:
    for drawing in drawings:
        try:
            yield line_of(drawing)
        except (BlankDrawing, UnreadableImage, TooLarge):
            yield None


def encode_png(picture: Image.Image) -> bytes:
    """Return the bytes of a PNG, as a person would upload the picture."""
    kept = io.BytesIO()
    picture.save(kept, "PNG", compress_level=1)
    return kept.getvalue()
