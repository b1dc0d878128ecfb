"""What is found on a page is the writing: no border, box, shadow, table or paper, and nothing of a digit is lost."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ml.preprocessing.form_lines import remove_form_lines
from ml.preprocessing.images import page_from_image
from ml.preprocessing.paper import contrast_to_paper
from ml.preprocessing.ruled_lines import remove_ruled_lines
from ml.preprocessing.surroundings import remove_surroundings
from ml.types import Reason
from tests.ml.drawn_pages import PAPER, PEN, as_photo, draw_lines, number_ink, on_page, shadow, thicken

TEXTS = ("3", "7", "1", "58", "246", "1637", "90", "8")
PLAIN = ("1", "7", "11", "17", "71", "111", "-7", "-1", "14", "41", "4", "10", "101", "1111", "-", "2", "5", "17417")
SEEDS = range(len(TEXTS))


def ink_on_page(picture):
    """Return (h, w) float in [0, 1]: the ink that is found, in its place on the whole picture."""
    page = page_from_image(picture if isinstance(picture, Image.Image) else Image.fromarray(picture))
    whole = np.zeros((round(page.size[1]), round(page.size[0])), np.float32)
    left, top, wide, high = (round(value) for value in page.box_of(0, 0, page.ink.shape[1], page.ink.shape[0]))
    found = np.asarray(Image.fromarray(page.ink).resize((wide, high)))
    whole[top : top + high, left : left + wide] = found[: len(whole) - top, : whole.shape[1] - left]
    return whole


def assert_just_the_writing(picture, written, lost=0.12, added=0.12):
    """Compare what is found on a picture with (h, w) of ink that was written."""
    found = ink_on_page(picture)
    missing = float(((written > 0.6) & (found < 0.3)).sum()) / float((written > 0.6).sum())
    near = np.asarray(Image.fromarray((written * 255).astype(np.uint8)).resize(written.shape[::-1])) > 20
    grown = near.copy()
    for by in (-2, -1, 1, 2):
        grown |= np.roll(near, by, 0) | np.roll(near, by, 1)
    more = float(((found > 0.4) & ~grown).sum()) / float((written > 0.6).sum())
    assert missing <= lost, f"{missing:.0%} of the writing is lost"
    assert more <= added, f"{more:.0%} is no writing"


def written_page(seed, pen=7.0, height=90.0, margin=(30, 60), text=None):
    """Return a white page with a number and (h, w) of its ink."""
    rng = np.random.default_rng(seed)
    ink = number_ink(text or TEXTS[seed % len(TEXTS)], rng, height, gap=rng.uniform(0.15, 0.4), pen=pen)
    margins = [int(side) for side in rng.integers(*margin, 4)]
    return on_page(ink, margins), np.pad(ink, ((margins[1], margins[3]), (margins[0], margins[2]))), margins, rng


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sides", ["left", "right", "both", "left and bottom", "all"])
def test_cell_borders_from_edge_to_edge_are_removed(seed, sides):
    page, written, _, rng = written_page(seed)
    height, width = page.shape
    places = {
        "left": ((6, 0), (6, height)),
        "right": ((width - 7, 0), (width - 7, height)),
        "bottom": ((0, height - 8), (width, height - 8)),
        "top": ((0, 7), (width, 7)),
    }
    names = {"both": ["left", "right"], "all": list(places)}.get(sides, sides.split(" and "))
    bordered = draw_lines(page, [places[name] for name in names], width=int(rng.integers(2, 8)))
    assert_just_the_writing(bordered, written)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("width", [2, 4, 8])
def test_a_box_around_the_number_is_removed(seed, width):
    page, written, margins, _ = written_page(seed, margin=(40, 60))
    bottom, right = page.shape[0] - margins[3] + 16, page.shape[1] - margins[2] + 16
    left, top = margins[0] - 16, margins[1] - 16
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    assert_just_the_writing(
        draw_lines(page, list(zip(corners, corners[1:] + corners[:1], strict=True)), width), written
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_comb_is_removed(seed):
    rng = np.random.default_rng(seed)
    page, written = np.full((120, 20 + 80 * 4 + 20), 255, np.uint8), np.zeros((120, 360), np.float32)
    for cell in range(4):
        ink = number_ink(str(rng.integers(10)), rng, 60, pen=5)[:66, :70]
        top, left = 26 + int(rng.integers(0, 6)), 20 + 80 * cell + (80 - ink.shape[1]) // 2
        written[top : top + len(ink), left : left + ink.shape[1]] = ink
        page[top : top + len(ink), left : left + ink.shape[1]] = np.round(255 - 240 * ink)
    lines = [((20, y), (340, y)) for y in (15, 105)] + [((20 + 80 * x, 15), (20 + 80 * x, 105)) for x in range(5)]
    assert_just_the_writing(draw_lines(page, lines, 2), written)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_underline_is_removed(seed):
    page, written, margins, rng = written_page(seed, margin=(45, 60), text=("5", "24", "0474", "638")[seed % 4])
    y = page.shape[0] - margins[3] + 12
    wave = [(x, y + 1.5 * np.sin(x / 9)) for x in range(margins[0] - 4, page.shape[1] - margins[2] + 4, 6)]
    if seed % 4 == 0:
        wave = [point for point in wave if point[0] < margins[0] + 60]
    lines = list(pairwise(wave)) if seed % 2 else [(wave[0], wave[-1])]
    assert_just_the_writing(draw_lines(page, lines, int(rng.integers(3, 8))), written)


def test_a_digit_that_crosses_a_border_is_kept():
    page, written, margins, _ = written_page(3, text="24", margin=(30, 31))
    x = page.shape[1] - margins[2] - 14  # through the four
    found = ink_on_page(draw_lines(page, [((x, 0), (x, page.shape[0]))], 3))
    kept = float(found[written > 0.6].mean())
    assert kept > 0.85


# A dash without margins is a page of nothing but ink.
@pytest.mark.parametrize(
    ("text", "margins"),
    [(text, margins) for text in PLAIN for margins in ("wide", "narrow", "none") if (text, margins) != ("-", "none")],
)
def test_plain_thin_digits_are_never_taken_for_lines(text, margins):
    rng = np.random.default_rng(len(text) * 31 + ord(text[-1]))
    for _ in range(40):
        height = rng.uniform(20, 200)
        ink = number_ink(text, rng, height, rng.uniform(0.1, 0.8), max(1.0, height * rng.uniform(0.01, 0.2)))
        around = {"wide": rng.integers(20, 100, 4), "narrow": rng.integers(1, 8, 4), "none": np.zeros(4, int)}[margins]
        contrast = np.asarray(contrast_to_paper(Image.fromarray(on_page(ink, around.tolist())))[0])
        kept = remove_form_lines(remove_ruled_lines(remove_surroundings(contrast)))
        lost = float((kept < contrast // 2).sum()) / float((contrast > 128).sum())
        has_loose_foot = "1" in text or text == "2"  # a foot drawn apart is an underline: the digit stays
        assert lost < (0.4 if has_loose_foot else 0.02)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [0.45, 0.7])
def test_the_edge_of_a_shadow_is_no_ink(seed, depth):
    page, written, _, rng = written_page(seed, margin=(90, 140))
    paper = np.round(PAPER + (PEN - PAPER) * written).astype(np.uint8)
    light = shadow(page.shape, rng, depth, soft=float(rng.uniform(1, 8)))
    assert_just_the_writing(as_photo(paper, rng, light), written, lost=0.15, added=0.15)


def test_the_edge_of_a_shadow_is_noted():
    page, written, _, rng = written_page(4, margin=(90, 140))
    paper = np.round(PAPER + (PEN - PAPER) * written).astype(np.uint8)
    shaded = page_from_image(as_photo(paper, rng, shadow(page.shape, rng, 0.5, soft=2)))
    assert Reason.EDGE_OF_SHADOW in shaded.notes
    assert page_from_image(as_photo(paper, rng)).notes == frozenset()


@pytest.mark.parametrize("seed", SEEDS)
def test_pencil_under_uneven_light_is_found(seed):
    page, written, _, rng = written_page(seed, pen=4, margin=(120, 180))
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    along = x * np.cos(seed) + y * np.sin(seed)
    light = 1 - 0.5 * (along - along.min()) / np.ptp(along)
    pencil = np.round(225 - 75 * written).astype(np.uint8)
    assert_just_the_writing(as_photo(pencil, rng, light, noise=2), written, lost=0.25, added=0.2)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("levels", [(1, 0.45), (0.45, 1)])
def test_light_that_fades_to_an_edge_leaves_no_band_of_ink_there(axis, levels):
    page, written, _, rng = written_page(3, pen=4, margin=(60, 90))
    light = np.expand_dims(np.linspace(*levels, page.shape[axis]), 1 - axis)
    pencil = np.round(200 - 40 * written).astype(np.uint8)
    assert_just_the_writing(as_photo(pencil, rng, light, noise=2), written, lost=0.3, added=0.1)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((210, 35, 40), (60, 160, 70)),
        ((40, 60, 220), (128, 128, 128)),
        ((255, 150, 30), (40, 60, 200)),
        ((250, 80, 150), (150, 150, 150)),
    ],
    ids=["red on green", "blue on grey", "orange on blue", "pink on grey"],
)
@pytest.mark.parametrize("is_photo", [False, True], ids=["drawn", "photo"])
def test_ink_that_differs_only_in_hue_is_found(ink, paper, is_photo):
    _, written, _, rng = written_page(6, margin=(50, 80))
    share = written[:, :, None]
    coloured = np.array(paper) * (1 - share) + np.array(ink) * share
    if is_photo:
        light = np.linspace(0.75, 1, coloured.shape[1])[None, :, None]
        coloured = np.clip(coloured * light + rng.normal(0, 3, coloured.shape), 0, 255)
    assert_just_the_writing(Image.fromarray(np.round(coloured).astype(np.uint8)), written, lost=0.2, added=0.2)


@pytest.mark.parametrize("is_light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("pen", [18, 25, 32])
@pytest.mark.parametrize("digit", list("0123456789"))
def test_bold_digits_that_fill_a_tight_crop_keep_their_polarity(digit, pen, is_light):
    rng = np.random.default_rng(int(digit))
    ink = thicken(number_ink(digit, rng, 100, pen=12), (pen - 12) // 2)
    margin = int(rng.integers(0, 6))
    page, written = on_page(ink, [margin] * 4), np.pad(ink, margin)
    assert_just_the_writing(255 - page if is_light else page, written, lost=0.02, added=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_around_the_paper_is_removed(seed):
    _, written, _, rng = written_page(seed, margin=(70, 110))
    paper = np.round(PAPER + (PEN - PAPER) * written)
    around = [int(side) for side in rng.integers(12, 90, 4)]
    sides = ((around[0], around[1]), (around[2], around[3]))
    table = np.pad(paper, sides, constant_values=70).astype(np.uint8)
    assert_just_the_writing(as_photo(table, rng), np.pad(written, sides), lost=0.15, added=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_finger_at_the_edge_is_removed(seed):
    page, written, _, rng = written_page(seed, margin=(90, 130))
    paper = np.round(PAPER + (PEN - PAPER) * written)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    finger = ((x - page.shape[1] * 0.15) / 34) ** 2 + ((y - page.shape[0]) / 60) ** 2 < 1
    paper[finger & (written < 0.1)] = 120
    assert_just_the_writing(as_photo(paper.astype(np.uint8), rng), written, lost=0.2, added=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_title_bar_and_punched_holes_are_removed(seed):
    page, written, *_ = written_page(seed, pen=5, margin=(110, 150))
    with_bar = page.copy()
    with_bar[:34] = 50
    assert_just_the_writing(with_bar, written)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    holed = page.copy()
    for at in (0.25, 0.75):
        holed[(x - 26) ** 2 + (y - at * page.shape[0]) ** 2 < 18**2] = 90
    assert_just_the_writing(holed, written)


def test_low_contrast_and_small_ink_are_noted():
    page, written, _, rng = written_page(5)
    assert page_from_image(Image.fromarray(page)).notes == frozenset()
    faint = np.round(225 - 26 * written).astype(np.uint8)
    assert Reason.LOW_CONTRAST in page_from_image(as_photo(faint, rng, noise=2)).notes
    small = Image.fromarray(on_page(number_ink("5", rng, 7, pen=1.2), [40] * 4))
    assert Reason.TOO_SMALL in page_from_image(small).notes
