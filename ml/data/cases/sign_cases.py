"""Kinds of made pages that hold more than a plain number: signs, letters, raised digits, crossed-out ink, lines."""

from collections.abc import Callable

import numpy as np

from ml.data.cases.case_lines import Glyph, Hand, Line, draw_digit, draw_text, set_line
from ml.data.cases.case_page import CasePage, number_line, place_line, random_digits, send_line
from ml.data.cases.held_out_letters import OTHERS
from ml.data.cases.held_out_signs import draw_sign
from ml.types import CROSSED_OUT, OTHER_INK

Draw = Callable[[Hand, np.random.Generator], CasePage]
Compose = Callable[[np.random.Generator], str]

DATE_SIGNS = "/.-"
CLEAR_WHEN_STRUCK = "235689"  # a struck 7 or 0 may be a crossed seven or a slashed zero
OTHER_SIGNS = tuple(sign for sign in OTHERS if sign not in "[]")


def _page(kind: str, line: Line, rng: np.random.Generator, written: str | None = None) -> CasePage:
    return CasePage(kind, send_line(place_line(line, rng), rng), written or line.written, None)


def _of_text(kind: str, compose: Compose, gaps: tuple[float, float] = (0.04, 0.28)) -> Draw:
    """Return a kind whose text `compose` makes."""

    def draw(hand: Hand, rng: np.random.Generator) -> CasePage:
        return _page(kind, set_line(draw_text(compose(rng), hand, rng), rng, gaps), rng)

    return draw


def _slashed(rng: np.random.Generator) -> str:
    length = 1 if rng.uniform() < 0.3 else 2
    count = 2 if length == 1 or rng.uniform() < 0.5 else 3
    return "/".join(random_digits(rng, length, length) for _ in range(count))


def _date(rng: np.random.Generator) -> str:
    year, month, day = int(rng.integers(1950, 2050)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    sign = DATE_SIGNS[int(rng.integers(len(DATE_SIGNS)))]
    if sign == "-":
        return f"{year}-{month:02d}-{day:02d}"
    last = f"{year}" if rng.uniform() < 0.4 else f"{year % 100:02d}"
    return sign.join((f"{day:02d}", f"{month:02d}", last) if rng.uniform() < 0.7 else (str(day), str(month), last))


def _time(rng: np.random.Generator) -> str:
    hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
    return f"{hour}:{minute:02d}" if rng.uniform() < 0.5 else f"{hour:02d}:{minute:02d}"


def _fraction(rng: np.random.Generator) -> str:
    below = int(rng.choice([2, 3, 4, 5, 6, 8, 10, 12, 16]))
    return f"{rng.integers(1, 2 * below)}/{below}"


def _decimal(sign: str) -> Compose:
    return lambda rng: random_digits(rng, 1, 3) + sign + random_digits(rng, 1, 3)


def _thousands(rng: np.random.Generator) -> str:
    return f"{rng.integers(1_000, 60_000):,}"


def _percent(rng: np.random.Generator) -> str:
    return f"{random_digits(rng, 1, 2) if rng.uniform() < 0.9 else 100}%"


def _bracketed(rng: np.random.Generator) -> str:
    return f"({random_digits(rng, 1, 3)})"


def _sum_or_price(rng: np.random.Generator) -> str:
    if rng.uniform() < 0.6:
        return "$€£"[int(rng.integers(3))] + random_digits(rng, 1, 3)
    return random_digits(rng, 1, 2) + "+×"[int(rng.integers(2))] + random_digits(rng, 1, 2)


def _close_point(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw a decimal point with a thick pen, close to its digits."""
    glyphs = draw_text(random_digits(rng, 1, 2) + "." + random_digits(rng, 1, 2), hand, rng)
    return _page("point", set_line(glyphs, rng, (-0.02, 0.06), pen=rng.uniform(0.09, 0.17)), rng)


def _square_brackets(hand: Hand, rng: np.random.Generator) -> CasePage:
    glyphs = [Glyph(OTHER_INK, draw_sign("[", rng)), *draw_text(random_digits(rng, 1, 3), hand, rng)]
    return _page("square brackets", set_line([*glyphs, Glyph(OTHER_INK, draw_sign("]", rng))], rng), rng)


def _exponent(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw a smaller digit, raised, behind a number of one or two digits."""
    line = set_line(draw_text(random_digits(rng, 1, 2), hand, rng), rng)
    small = draw_digit(int(rng.integers(1, 10)), hand, rng)  # a raised zero is a degree sign
    scale, right = rng.uniform(0.38, 0.6), max(glyph.box[2] for glyph in line.glyphs)
    placed = small.moved(right + line.pen + rng.uniform(0.02, 0.2), rng.uniform(-0.25, -0.02), scale)
    raised = Line((*line.glyphs, placed), line.pen)
    return _page("exponent", raised, rng, f"{line.written}^{small.symbol}")


def _other_ink(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw a letter, or a sign that no number has, before, in or behind a number."""
    glyphs = draw_text(random_digits(rng, 2, 3), hand, rng)
    name = OTHER_SIGNS[int(rng.integers(len(OTHER_SIGNS)))]
    place = (0, len(glyphs), 1)[int(rng.choice(3, p=[0.45, 0.4, 0.15]))]
    glyphs.insert(place, Glyph(OTHER_INK, draw_sign(name, rng)))
    return _page("other ink", set_line(glyphs, rng, (0.06, 0.3)), rng)


def _strike(box: tuple[float, float, float, float], pen: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Return a line across a box of ink that can be seen on both sides: level, twice, or leaning as a slash does."""
    left, top, right, bottom = box
    over = pen / 2 + rng.uniform(0.1, 0.25)
    if right - left < 1.2 and rng.uniform() < 0.3:
        middle = np.array([(left + right) / 2, (top + bottom) / 2])
        reach = np.array([max((right - left) / 2, 0.25) + over, (bottom - top) * rng.uniform(0.42, 0.58)])
        return [middle + reach * np.array([[1.0, -1.0], [-1.0, 1.0]])]
    x = np.linspace(left - over, right + over, 9)
    level = (top + bottom) / 2 + rng.normal(0, 0.04)
    y = level + rng.normal(0, 0.05) + rng.normal(0, 0.08) * np.linspace(-0.5, 0.5, 9) + rng.normal(0, 0.012, 9)
    lines = [np.stack([x, y], axis=-1)]
    apart = 0.05 + pen
    return lines if rng.uniform() < 0.75 else [lines[0] - [0.0, apart], lines[0] + [0.0, apart]]


def _struck_digit(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Strike out one digit of a number: one that does not look like another digit or a marked zero then."""
    text = random_digits(rng, 2, 4)
    place = int(rng.integers(len(text) + 1))
    line = set_line(draw_text(text[:place] + _clear_when_struck(rng) + text[place:], hand, rng), rng)
    struck = line.glyphs[place]
    crossed = Glyph(CROSSED_OUT, [*struck.strokes, *_strike(struck.box, line.pen, rng)])
    glyphs = (*line.glyphs[:place], crossed, *line.glyphs[place + 1 :])
    return _page("struck-out digit", Line(glyphs, line.pen), rng)


def _clear_when_struck(rng: np.random.Generator) -> str:
    return CLEAR_WHEN_STRUCK[int(rng.integers(len(CLEAR_WHEN_STRUCK)))]


def _struck_number(hand: Hand, rng: np.random.Generator) -> CasePage:
    text = random_digits(rng, 2, 4) if rng.uniform() < 0.7 else _clear_when_struck(rng)
    line = set_line(draw_text(text, hand, rng), rng)
    boxes = np.array([glyph.box for glyph in line.glyphs])
    box = float(boxes[:, 0].min()), 0.0, float(boxes[:, 2].max()), 1.0
    crossed = Glyph(CROSSED_OUT, [*line.strokes, *_strike(box, line.pen, rng)])
    return _page("struck-out number", Line((crossed,), line.pen), rng)


def _upright_line(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw a line 1.5 to 2.5 times as tall as the digits before or behind them."""
    line = number_line(hand, rng, 2, 4)
    tall, is_before = rng.uniform(1.5, 2.5), rng.uniform() < 0.5
    top, lean, gap = 0.5 - tall * rng.uniform(0.42, 0.58), rng.normal(0, 0.02), rng.uniform(0.12, 0.4) + line.pen
    edges = [glyph.box for glyph in line.glyphs]
    x = min(box[0] for box in edges) - gap if is_before else max(box[2] for box in edges) + gap
    bar = Glyph(OTHER_INK, [np.array([[x + lean, top], [x, top + tall]])])
    glyphs = (bar, *line.glyphs) if is_before else (*line.glyphs, bar)
    return _page("upright line", Line(glyphs, line.pen), rng)


def _several_lines(hand: Hand, rng: np.random.Generator) -> CasePage:
    first = number_line(hand, rng, 2, 4)
    other = set_line(draw_text(random_digits(rng, 2, 4), hand, rng), rng, pen=first.pen)
    down = 1 + rng.uniform(0.05, 0.7) + first.pen
    below = tuple(glyph.moved(rng.uniform(-0.1, 0.4), down) for glyph in other.glyphs)
    return _page("several lines", Line((*first.glyphs, *below), first.pen), rng, f"{first.written} {other.written}")


SIGN_KINDS: dict[str, Draw] = {
    "slash": _of_text("slash", _slashed),
    "dates": _of_text("dates", _date),
    "times": _of_text("times", _time),
    "fractions": _of_text("fractions", _fraction),
    "decimal point": _of_text("decimal point", _decimal(".")),
    "decimal comma": _of_text("decimal comma", _decimal(",")),
    "thousands comma": _of_text("thousands comma", _thousands),
    "point": _close_point,
    "minus": _of_text("minus", lambda rng: "-" + random_digits(rng, 1, 3)),
    "percent": _of_text("percent", _percent),
    "degree": _of_text("degree", lambda rng: random_digits(rng, 1, 2) + "°"),
    "brackets": _of_text("brackets", _bracketed),
    "square brackets": _square_brackets,
    "currency, plus, times": _of_text("currency, plus, times", _sum_or_price),
    "exponent": _exponent,
    "other ink": _other_ink,
    "struck-out digit": _struck_digit,
    "struck-out number": _struck_number,
    "upright line": _upright_line,
    "several lines": _several_lines,
}
