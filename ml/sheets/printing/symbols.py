"""What machines find and read on a page: its marks and its QR code."""

from collections.abc import Iterator, Sequence

from reportlab.graphics.barcode.qrencoder import QRAlphaNum, QRCode, QRErrorCorrectLevel

from ml.sheets.layout import Mark, Rect
from ml.sheets.marks import MARK_BITS, SIDE_BITS
from ml.sheets.printing.primitives import BLACK, WHITE, Area


def draw_mark(mark: Mark) -> Iterator[Area]:
    """Yield a mark: its black square, and the white bits in it."""
    yield Area(mark.rect, BLACK)
    side = mark.rect.width / (SIDE_BITS + 2)
    for row, bits in enumerate(MARK_BITS[mark.id]):
        for column in range(SIDE_BITS):
            if bits >> (SIDE_BITS - 1 - column) & 1:
                x, y = mark.rect.x + (column + 1) * side, mark.rect.y + (row + 1) * side
                yield Area(Rect(x, y, side, side), WHITE)


def draw_code(rect: Rect, code: str) -> Iterator[Area]:
    """Yield the dark parts of a QR code. The white that it needs around it is the layout's affair."""
    modules = _encode(code)
    side = rect.width / len(modules)
    for row, dark in enumerate(modules):
        for start, length in _find_runs(dark):  # as one, so that no gap shows between neighbors
            yield Area(Rect(rect.x + start * side, rect.y + row * side, length * side, side), BLACK)


def _encode(code: str) -> Sequence[Sequence[bool]]:
    """Return the modules of a QR code, row by row. A quarter of it may be unreadable (level Q)."""
    made = QRCode(None, QRErrorCorrectLevel.Q)
    made.addData(QRAlphaNum(code))
    made.make()
    return [[bool(one) for one in row] for row in made.modules]


def _find_runs(dark: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of dark modules."""
    start = None
    for place, is_dark in enumerate([*dark, False]):
        if is_dark and start is None:
            start = place
        elif not is_dark and start is not None:
            yield start, place - start
            start = None
