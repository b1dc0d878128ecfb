"""Kinds of made pages that hold a plain number: rare ways to write it, forms, paper, light and pens around it."""

from collections.abc import Callable

import numpy as np

from ml.data.cases import page_effects
from ml.data.cases.case_lines import (
    BARE_ONES,
    Glyph,
    Hand,
    Line,
    draw_digit,
    draw_marked_zero,
    draw_one,
    draw_text,
    set_line,
)
from ml.data.cases.case_page import (
    CasePage,
    Drawing,
    PlacedLine,
    as_strokes,
    number_line,
    paint_line,
    place_line,
    random_digits,
    send_line,
)
from ml.data.cases.page_effects import PAPER_COLOURS, PENCIL_ON_PAPER, Colour, as_png, draw_box, fill_box, photograph

Draw = Callable[[Hand, np.random.Generator], CasePage]

NUMBERS_WITH_ONES = (*(str(number) for number in range(10, 20)), "100", "101", "110", "111", "1000")
ZEROS = ("0", "10", "20", "40", "50", "80", "100", "108", "203", "306", "408", "500", "607", "705", "2026", "1000")
OTHER_HUES: tuple[tuple[Colour, Colour], ...] = (
    ((62, 160, 72), (215, 45, 40)),
    ((45, 70, 200), (240, 140, 45)),
    ((150, 150, 150), (240, 90, 165)),
    ((142, 142, 142), (240, 215, 40)),
    ((128, 128, 128), (50, 80, 235)),
    ((128, 128, 128), (220, 60, 45)),
    ((200, 120, 190), (60, 175, 95)),
    ((70, 165, 175), (205, 95, 60)),
)
CANVAS_PX, CANVAS_PEN_PX = 280, 20.0  # of the drawing page


def _number(kind: str, line: Line, sent: Drawing) -> CasePage:
    return CasePage(kind, sent, line.written, line.written)


def _paper(rng: np.random.Generator) -> Colour:
    return PAPER_COLOURS[int(rng.integers(len(PAPER_COLOURS)))]


def _plain(hand: Hand, rng: np.random.Generator) -> CasePage:
    line = number_line(hand, rng)
    return _number("plain numbers", line, send_line(place_line(line, rng), rng))


def _bare_ones(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw one of NUMBERS_WITH_ONES, its ones in one style, with gaps of 0.1 to 0.8 of the height."""
    text = NUMBERS_WITH_ONES[int(rng.integers(len(NUMBERS_WITH_ONES)))]
    style, gap = BARE_ONES[int(rng.integers(len(BARE_ONES)))], rng.uniform(0.1, 0.8)
    glyphs = [draw_one(style, rng) if digit == "1" else draw_digit(int(digit), hand, rng) for digit in text]
    line = set_line(glyphs, rng, (max(gap - 0.05, 0.1), min(gap + 0.05, 0.8)), pen=rng.uniform(0.05, 0.18))
    placed = place_line(line, rng)
    return _number("bare ones", line, as_strokes(placed) if rng.uniform() < 0.5 else as_png(paint_line(placed, rng)))


def _marked_zeros(kind: str, marks: tuple[str, ...]) -> Draw:
    def draw(hand: Hand, rng: np.random.Generator) -> CasePage:
        text, mark = ZEROS[int(rng.integers(len(ZEROS)))], marks[int(rng.integers(len(marks)))]
        glyphs = [
            draw_marked_zero(hand, mark, rng) if digit == "0" else draw_digit(int(digit), hand, rng) for digit in text
        ]
        line = set_line(glyphs, rng)
        return _number(kind, line, send_line(place_line(line, rng), rng))

    return draw


def _cell_border(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Crop a cell of a table: the number, with one or two of the cell's upright borders from edge to edge."""
    line = number_line(hand, rng, 1, 3)
    placed = place_line(line, rng, rng.uniform(70, 130), (0.15, 0.4))
    pixels, wide = paint_line(placed, rng), int(rng.integers(2, 4))
    width, height = placed.size
    sides = ("left", "right", "both")[int(rng.integers(3))]
    inset = int(rng.integers(0, 4))
    if sides != "right":
        fill_box(pixels, (inset, 0, inset + wide, height), (20, 20, 20))
    if sides != "left":
        fill_box(pixels, (width - inset - wide, 0, width - inset, height), (20, 20, 20))
    if rng.uniform() < 0.25:
        fill_box(pixels, (0, height - wide, width, height), (20, 20, 20))
    return _number("cell border", line, as_png(pixels))


def _boxed(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw the box of a form around the number, thin and grey or as bold as the ink."""
    line = number_line(hand, rng)
    placed = place_line(line, rng, rng.uniform(60, 130), (0.45, 0.8))
    pixels, (left, top, right, bottom) = paint_line(placed, rng), placed.box
    across, down = rng.uniform(0.12, 0.35, 2) * placed.height_px
    width_px = max(1, round(placed.pen_px * rng.uniform(0.2, 1.0)))
    grey = int(rng.choice([20, 20, 90, 150]))
    draw_box(pixels, (left - across, top - down, right + across, bottom + down), width_px, (grey,) * 3)
    return _number("in a box", line, as_png(pixels))


def _comb(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw each digit into a cell of a comb, as forms ask for."""
    count, wide = int(rng.integers(2, 8)), rng.uniform(1.0, 1.5)
    text, glyphs = random_digits(rng, count, count), []
    for place, glyph in enumerate(draw_text(text, hand, rng)):
        left, _, right, _ = glyph.box
        shrink = min(1.0, 0.8 * wide / max(right - left, 1e-6))
        middle = (place + 0.5) * wide + rng.normal(0, 0.04)
        glyphs.append(glyph.moved(middle - (left + right) / 2 * shrink, (1 - shrink) / 2, shrink))
    line = Line(tuple(glyphs), float(rng.uniform(0.05, 0.1)))
    placed = place_line(line, rng, rng.uniform(45, 90), (0.8, 1.2))
    pixels, height_px = paint_line(placed, rng), placed.height_px
    origin = placed.strokes[0][0] - line.strokes[0][0] * height_px
    top, bottom = origin[1] - 0.28 * height_px, origin[1] + 1.28 * height_px
    width_px, grey = int(rng.integers(1, 3)), int(rng.choice([30, 110, 160]))
    for place in range(count):
        left = origin[0] + place * wide * height_px
        draw_box(pixels, (left, top, left + wide * height_px + width_px, bottom), width_px, (grey,) * 3)
    return _number("in a comb", line, as_png(pixels))


def _underlined(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Underline the number once or twice, by hand or with a ruler."""
    line = number_line(hand, rng)
    boxes = np.array([glyph.box for glyph in line.glyphs])
    left, right, bottom = boxes[:, 0].min(), boxes[:, 2].max(), boxes[:, 3].max()
    x = np.linspace(left - rng.uniform(-0.05, 0.3), right + rng.uniform(-0.05, 0.3), 9)
    y = bottom + line.pen + rng.uniform(0.06, 0.25) + np.linspace(0, rng.normal(0, 0.04), 9)
    if rng.uniform() < 0.6:
        y = y + rng.normal(0, 0.012, 9)
    drawn = [np.stack([x, y + 0.14 * number], axis=-1) for number in range(1 if rng.uniform() < 0.75 else 2)]
    lined = Line((*line.glyphs, Glyph("", drawn)), line.pen)
    return _number("underlined", line, send_line(place_line(lined, rng), rng))


def _next_to_things(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Photograph the sheet on a table or held by a finger, punch holes into it, or show it in a window."""
    line = number_line(hand, rng, 2, 4)
    thing = ("table", "finger", "holes", "window")[int(rng.integers(4))]
    placed = place_line(line, rng, rng.uniform(60, 110), (1.3, 2.2))
    pixels = paint_line(placed, rng, _paper(rng) if thing != "window" else page_effects.WHITE)
    if thing == "window":
        page_effects.add_title_bar(pixels)
        return _number("next to things", line, as_png(pixels))
    if thing == "table":
        pixels = page_effects.lay_on_table(pixels, rng)
    elif thing == "finger":
        page_effects.add_finger(pixels, rng)
    else:
        page_effects.add_punched_holes(pixels, rng)
    return _number("next to things", line, photograph(pixels, rng))


def _shadow_edge(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Photograph the number with the edge of a shadow across it or beside it."""
    line = number_line(hand, rng, 2, 4)
    placed = place_line(line, rng, rng.uniform(70, 130), (0.8, 1.6))
    pixels = page_effects.add_shadow(paint_line(placed, rng, _paper(rng)), rng.uniform(0.12, 0.88), rng)
    return _number("shadow edge", line, photograph(pixels, rng))


def _pencil(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Photograph pencil under light that falls off across the page."""
    line = set_line(draw_text(random_digits(rng, 2, 4), hand, rng), rng, pen=rng.uniform(0.04, 0.07))
    placed, paper = place_line(line, rng, rng.uniform(70, 120), (1.0, 2.0)), _paper(rng)
    darker = 1 - rng.uniform(*PENCIL_ON_PAPER)
    lead = int(paper[0] * darker), int(paper[1] * darker), int(paper[2] * darker)
    pixels = page_effects.add_falloff(paint_line(placed, rng, paper, lead), rng)
    return _number("uneven light on pencil", line, photograph(pixels, rng))


def _hue(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Draw ink that differs from its paper in hue rather than in lightness."""
    line = number_line(hand, rng, 1, 4)
    pair = OTHER_HUES[int(rng.integers(len(OTHER_HUES)))]
    paper, pen = np.clip(np.array(pair) + rng.integers(-12, 13, (2, 3)), 0, 255).tolist()
    return _number("hue contrast", line, as_png(paint_line(place_line(line, rng), rng, tuple(paper), tuple(pen))))


def _thick_pen(hand: Hand, rng: np.random.Generator) -> CasePage:
    """Crop a bold digit tightly: pen 18 to 32% of its height, margins up to 6%; some as small as 28 px."""
    pen = rng.uniform(0.18, 0.32)
    line = set_line([draw_digit(int(rng.integers(0, 10)), hand, rng)], rng, pen=pen / (1 - pen))
    height_px = rng.uniform(80, 130) if rng.uniform() < 0.8 else rng.uniform(18, 40)
    return _number(
        "thick pen, tight crop", line, as_png(paint_line(place_line(line, rng, height_px, (0.0, 0.06)), rng))
    )


def _long_number(kind: str, digits: tuple[int, int], width_px: int, pen_px: float) -> Draw:
    """Return a kind of long numbers drawn as strokes across a whole canvas."""

    def draw(hand: Hand, rng: np.random.Generator) -> CasePage:
        line = set_line(draw_text(random_digits(rng, *digits), hand, rng), rng, (0.08, 0.25), pen=0.02)
        boxes = np.array([glyph.box for glyph in line.glyphs])
        left, right = boxes[:, 0].min(), boxes[:, 2].max()
        scale = min((width_px - pen_px - rng.uniform(4, 24)) / (right - left), 0.5 * CANVAS_PX)
        origin = left - (width_px - (right - left) * scale) / 2 / scale, -rng.uniform(0.3, 0.6) * CANVAS_PX / scale
        strokes = [(stroke - np.array(origin)) * scale for stroke in line.strokes]
        return _number(kind, line, as_strokes(PlacedLine(strokes, pen_px, (width_px, CANVAS_PX), scale)))

    return draw


NUMBER_KINDS: dict[str, Draw] = {
    "plain numbers": _plain,
    "bare ones": _bare_ones,
    "slashed zeros": _marked_zeros("slashed zeros", ("slash", "slash", "backslash")),
    "dotted zeros": _marked_zeros("dotted zeros", ("dot",)),
    "cell border": _cell_border,
    "in a box": _boxed,
    "in a comb": _comb,
    "underlined": _underlined,
    "next to things": _next_to_things,
    "shadow edge": _shadow_edge,
    "uneven light on pencil": _pencil,
    "hue contrast": _hue,
    "thick pen, tight crop": _thick_pen,
    "6 to 10 digits on the drawing page": _long_number(
        "6 to 10 digits on the drawing page", (6, 10), CANVAS_PX, CANVAS_PEN_PX
    ),
    "11 to 16 digits": _long_number("11 to 16 digits", (11, 16), 2 * CANVAS_PX, 6.0),
    "17 to 32 digits": _long_number("17 to 32 digits", (17, 32), 4 * CANVAS_PX, 5.0),
}
