"""What `ml.evaluation` measures is exactly what a worker reads."""

from itertools import islice, zip_longest

import pytest

from ml.data.cases.case_lines import template_pens
from ml.data.cases.case_pages import KINDS, draw_case_pages
from ml.evaluation import reading
from ml.preprocessing.ink import BlankDrawing
from ml.types import MAX_DIGITS
from predictions.services.validation import check_image, check_strokes
from predictions.worker import recognize
from tests.ml.conftest import artifacts, shipped_reader  # noqa: F401 - fixtures


def draw_mixed(count):
    """Return `count` drawings, of all kinds by turns."""
    each = -(-count // len(KINDS))
    rows = zip_longest(*(draw_case_pages(kind, template_pens(), each) for kind in KINDS))
    return list(islice((page.sent for row in rows for page in row), count))


def read_as_a_worker(reader, drawings):
    """Check drawings as the API does, then prepare and read them as a worker does, up to what it stores."""
    readings = []
    for start in range(0, len(drawings), reading.BATCH):
        lines = []
        for sent in drawings[start : start + reading.BATCH]:
            drawing = check_image(sent) if isinstance(sent, bytes) else check_strokes(sent)
            try:
                lines.append(recognize.prepare(drawing).line)
            except BlankDrawing:
                lines.append(None)
        found = iter(reader.read([line for line in lines if line]))
        readings += [next(found) if line else None for line in lines]
    return [one if one and len(one.digits) <= MAX_DIGITS else None for one in readings]


@pytest.mark.parametrize("count", [60, pytest.param(300, marks=pytest.mark.long)])  # 300 take 10 s
def test_evaluation_reads_exactly_as_a_worker_does(count, shipped_reader):  # noqa: F811 - a fixture
    drawings = draw_mixed(count)
    told, served = reading.read_drawings(shipped_reader, drawings), read_as_a_worker(shipped_reader, drawings)
    assert len(told) == len(served) == count and told == served
    assert sum(one is not None for one in told) > 0.8 * count, "few are refused"


def test_limits_of_evaluation_are_the_defaults_of_the_service(settings):
    assert reading.IMAGE_LIMITS == {
        "max_pixels": settings.IMAGE_LIMIT_PIXELS,
        "max_side_px": settings.IMAGE_LIMIT_SIDE_PX,
        "max_jpeg_pixels": settings.IMAGE_LIMIT_JPEG_PIXELS,
    }
