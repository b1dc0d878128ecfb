"""The preview's scripts on a page of their own, drawings to read, and what the service says of the same."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route

from local.paths import ROOT
from ml.artifacts import load_shipped
from ml.browser_network import with_calibration
from ml.data.cases.case_lines import Glyph, draw_text, group_hands, set_line, template_pens
from ml.data.cases.held_out_letters import OTHERS
from ml.data.cases.held_out_signs import draw_sign
from ml.data.synthetic_numbers import KINDS, compose_numbers
from ml.preprocessing.strokes import render_strokes
from ml.recognition.reader import Reader
from ml.recognition.symbols import crop_symbols
from ml.recognition.text_line import find_text_line
from ml.types import SIGNS
from tests.ml.drawn_pages import draw_digit

Drawing = dict[str, Any]
ADDRESS = "http://preview.test"
PAPER = 280  # units, as on the drawing page
PARTS = ("bars", "components", "network", "normalize", "pen", "reader")
MODULES = ["preview", "preview_view", "trusted", "preview/worker", *(f"preview/{name}" for name in PARTS)]
IMPORT_MAP = json.dumps({"imports": {f"inkling/{name}": f"/js/{name}.js" for name in MODULES}})
PAGE = f"""<!doctype html><title>Preview</title><script type="importmap">{IMPORT_MAP}</script>
<main><canvas data-canvas></canvas>
<div data-preview data-network="/network.bin" hidden><p data-words="Looks like {{text}}"></p></div></main>"""
START = """
async (names) => {
    const parts = await Promise.all(names.map((name) => import(`/js/preview/${name}.js`)));
    const found = Object.assign({}, ...parts);
    const file = await (await fetch("/network.bin")).arrayBuffer();
    window.reader = new found.PreviewReader(found, file);
    window.given = ({strokes, pen_px: penPx, height: paperHeight}) => ({
        points: Float64Array.from(strokes.flat(2)),
        counts: Int32Array.from(strokes, ({length}) => length),
        penPx,
        paperHeight,
    });
}
"""
READ = """
(drawings) => drawings.map(given).map((drawing) => {
    const seen = reader.look(drawing);
    const pixels = seen && Array.from(seen.pixels, (level) => Math.round(255 * level));
    return {seen: seen && {...seen, pixels}, result: reader.read(drawing)};
})
"""


@dataclass(frozen=True)
class Opinion:
    """What the service says of a drawing.

    Attributes:
        text: that the reader read.
        pixels: (784,) 0 to 255, the digit network's input for all of the ink.
        probabilities: (10,) given that it is a digit.
        is_digit: how likely it is one.
    """

    text: str
    pixels: np.ndarray
    probabilities: np.ndarray
    is_digit: float


class Lab:
    """A page with the preview's scripts and the shipped network, and no service."""

    def __init__(self, page: Page) -> None:
        open_lab(page)
        page.evaluate(START, PARTS)
        self.page = page

    def read(self, drawings: list[Drawing]) -> list[dict[str, Any]]:
        """Return for each drawing what the network `seen`, if it may be one digit, and the `result` to show."""
        return self.page.evaluate(READ, drawings)


def open_lab(page: Page) -> None:
    """Open the page with the scripts; nothing runs yet."""
    page.route(f"{ADDRESS}/**", _serve)
    page.goto(f"{ADDRESS}/")


def network_file() -> bytes:
    """Return the shipped network as the service sends it to browsers."""
    artifact = next(one for one in load_shipped() if one.format == "browser")
    return with_calibration(artifact.data, artifact.card["calibration"])


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ADDRESS)
    if path == "/network.bin":
        route.fulfill(body=network_file(), content_type="application/octet-stream")
    elif path.startswith("/js/"):
        route.fulfill(path=ROOT / "static" / path[1:], content_type="text/javascript")
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def opinions_of(reader: Reader, drawings: list[Drawing]) -> list[Opinion]:
    """Return what the service says of drawings."""
    lines = [find_text_line(render_strokes(**drawing)) for drawing in drawings]
    inputs = np.stack([crop_symbols(line, [0.0])[0].input for line in lines])
    ten, is_digit = reader.calibration.calibrate(reader.network.logits(inputs))
    texts = [reading.text for reading in reader.read(lines)]
    pixels = np.round(inputs * 255).astype(int).reshape(len(lines), -1)
    return [Opinion(*one) for one in zip(texts, pixels, ten, is_digit.tolist(), strict=True)]


def single_digits(count: int, seed: int) -> list[Drawing]:
    """Return digits drawn from the project's templates, common and rare ones in turn, each with a pen of its own."""
    rng = np.random.default_rng(seed)
    return [
        _on_paper(draw_digit(str(number % 10), rng), rng.uniform(0.8, 2.2), rng.uniform(4, 32))
        for number in range(count)
    ]


def numbers(count: int, seed: int) -> list[Drawing]:
    """Return numbers of several digits: apart, close, touching and joined in turn."""
    rng = np.random.default_rng(seed)
    drawn = [compose_numbers(template_pens(seed), kind, -(-count // len(KINDS)), rng) for kind in KINDS]
    return [_on_paper(one.strokes, 1.0, one.pen_px) for kind in drawn for one in kind][:count]


def numbers_with_signs(count: int, seed: int) -> list[Drawing]:
    """Return dates, times, decimals and the like, with signs that no network was trained on."""
    rng = np.random.default_rng(seed)
    hands = group_hands(template_pens(seed))
    drawn = []
    for number in range(count):
        form = ("0/0", "0:00", "0.0", "-0", "0%", "0,00", "(0)", "0°", "$0", "0+0")[number % 10]
        text = "".join(str(rng.integers(10)) if symbol == "0" else symbol for symbol in form)
        line = set_line(draw_text(text, hands[number % len(hands)], rng), rng)
        height = rng.uniform(100, 160)
        drawn.append(_on_paper(line.strokes, height, line.pen * height))
    return drawn


def lone_signs(count: int, seed: int, signs: Sequence[str] = SIGNS) -> list[Drawing]:
    """Return each of the signs alone, as large as next to digits of 100 to 200 units."""
    rng = np.random.default_rng(seed)
    glyphs = [Glyph(sign, draw_sign(sign, rng)) for sign in (signs[number % len(signs)] for number in range(count))]
    return [_on_paper(glyph.strokes, rng.uniform(100, 200), rng.uniform(8, 24)) for glyph in glyphs]


def lone_letters(count: int, seed: int) -> list[Drawing]:
    """Return letters and other ink that is no sign of a number, each alone."""
    return lone_signs(count, seed, tuple(OTHERS))


def _on_paper(strokes: list[np.ndarray], scale: float, pen_px: float) -> Drawing:
    placed = [(np.asarray(stroke) * scale + 40).round(1).tolist() for stroke in strokes]
    return {"strokes": placed, "height": PAPER, "pen_px": round(pen_px, 1)}
