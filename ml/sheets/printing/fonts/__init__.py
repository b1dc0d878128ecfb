"""The font on printed templates: how wide a text is, which characters it has, and texts that fit their places."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
PT_MM = 25.4 / 72
LINE_HEIGHT = 1.2  # of the size
ELLIPSIS = "…"


class FittedText(NamedTuple):
    """Lines that fit, and the size that they have then."""

    lines: tuple[str, ...]
    size_pt: float


@cache
def load_font(name: str) -> TTFont:
    """Return a font, known to reportlab by its name. Takes about 10 ms the first time."""
    font = TTFont(name, str(Path(__file__).parent / f"{name}.ttf"))
    registerFont(font)
    return font


def find_missing_characters(text: str) -> str:
    """Return the characters of a text that can't be printed, as the font lacks them or they show nothing, each once."""
    known = load_font(REGULAR).face.charToGlyph
    missing = (one for one in compose(text) if ord(one) not in known or not one.isprintable())
    return "".join(dict.fromkeys(missing))


def compose(text: str) -> str:
    """Return the text with letters and their accents as one character, where there is one: the font has no others."""
    return unicodedata.normalize("NFC", text)


def measure_mm(text: str, font: str, size_pt: float) -> float:
    """Return how wide a text is."""
    return float(load_font(font).stringWidth(text, size_pt)) * PT_MM


def fit_text(text: str, font: str, width_mm: float, height_mm: float, sizes_pt: Sequence[float]) -> FittedText:
    """Wrap a text at the first size that fits it; at the last size, break words and elide the end if need be."""
    words = compose(text).split()
    for size in sizes_pt:
        lines = _wrap(words, font, width_mm, size)
        if len(lines) <= _count_lines(height_mm, size) and _are_fitting(lines, font, width_mm, size):
            return FittedText(tuple(lines), size)
    size = sizes_pt[-1]
    lines = _wrap([part for word in words for part in _break(word, font, width_mm, size)], font, width_mm, size)
    room = max(1, _count_lines(height_mm, size))
    if len(lines) > room:
        lines = [*lines[: room - 1], _elide(" ".join(lines[room - 1 :]), font, width_mm, size)]
    return FittedText(tuple(lines), size)


def _count_lines(height_mm: float, size_pt: float) -> int:
    return int(height_mm / (size_pt * LINE_HEIGHT * PT_MM) + 1e-9)


def _are_fitting(lines: Iterable[str], font: str, width_mm: float, size_pt: float) -> bool:
    return all(measure_mm(line, font, size_pt) <= width_mm for line in lines)


def _wrap(words: Iterable[str], font: str, width_mm: float, size_pt: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and measure_mm(f"{lines[-1]} {word}", font, size_pt) <= width_mm:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def _break(word: str, font: str, width_mm: float, size_pt: float) -> list[str]:
    """Return the word in parts that each fit in a line."""
    parts = [""]
    for one in word:
        if parts[-1] and measure_mm(parts[-1] + one, font, size_pt) > width_mm:
            parts.append("")
        parts[-1] += one
    return parts


def _elide(text: str, font: str, width_mm: float, size_pt: float) -> str:
    while text and measure_mm(text + ELLIPSIS, font, size_pt) > width_mm:
        text = text[:-1].rstrip()
    return text + ELLIPSIS
