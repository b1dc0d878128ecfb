"""The same drawing reaches the network as the same pixels, however it was drawn and sent."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from ml.golden import golden_drawing
from ml.preprocessing import filters, images
from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.labels import label_components
from ml.preprocessing.normalization import normalize
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.uploads import decode

LIMITS = {"max_pixels": 16_000_000, "max_side_px": 8192}


def draw_canvas(digit=4, seed=5, side=280):
    """Draw a golden digit as the browser's canvas does: (side, side) uint8, black on white; not by `render_strokes`."""
    drawing = golden_drawing(digit, seed)
    finer, radius = 4, drawing["pen_px"] / 2
    canvas = np.zeros((side * finer, side * finer), dtype=bool)
    for stroke in drawing["strokes"]:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            left, top = int(max(min(x0, x1) - radius, 0)), int(max(min(y0, y1) - radius, 0))
            right, bottom = int(max(x0, x1) + radius) + 1, int(max(y0, y1) + radius) + 1
            part = canvas[top * finer : bottom * finer, left * finer : right * finer]
            y, x = (np.mgrid[: part.shape[0], : part.shape[1]] + 0.5) / finer
            y, x = y + top - y0, x + left - x0
            length = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
            along = np.clip((x * (x1 - x0) + y * (y1 - y0)) / length, 0, 1)
            part |= (x - along * (x1 - x0)) ** 2 + (y - along * (y1 - y0)) ** 2 <= radius**2
    covered = canvas.reshape(side, finer, side, finer).mean(axis=(1, 3))
    return np.round(255 * (1 - covered)).astype(np.uint8)


CANVAS = draw_canvas()


def network_input(picture):
    """Return the network's input for a picture sent as PNG."""
    sent = io.BytesIO()
    picture.save(sent, "PNG")
    return crop_single_digit(images.page_from_image(decode(sent.getvalue(), **LIMITS))).input


def difference(one, other):
    """Return the summed difference relative to the ink."""
    return float(np.abs(one - other).sum() / other.sum())


def test_rendered_strokes_match_the_canvas():
    page = render_strokes(**golden_drawing(4, 5))
    assert difference(crop_single_digit(page).input, network_input(Image.fromarray(CANVAS))) < 0.05


def test_white_on_black_reads_as_black_on_white():
    assert difference(network_input(Image.fromarray(255 - CANVAS)), network_input(Image.fromarray(CANVAS))) < 0.01


@pytest.mark.parametrize("ink", [(0, 0, 0), (20, 60, 220), (230, 200, 0), (200, 30, 30)])
def test_pen_colour_does_not_matter(ink):
    share = (CANVAS / 255.0)[:, :, None]
    coloured = Image.fromarray(np.round(255 * share + np.array(ink) * (1 - share)).astype(np.uint8))
    assert difference(network_input(coloured), network_input(Image.fromarray(CANVAS))) < 0.05


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_transparent_paper_shows_the_ink(ink):
    picture = Image.new("RGBA", (280, 280), (*ink, 0))
    picture.putalpha(Image.fromarray(255 - CANVAS))
    assert difference(network_input(picture), network_input(Image.fromarray(CANVAS))) < 0.05


def test_small_in_a_corner_reads_as_large_in_the_middle():
    small = Image.fromarray(CANVAS).resize((90, 90), Image.Resampling.BOX)
    page = Image.new("L", (400, 400), 255)
    page.paste(small, (305, 5))
    assert difference(network_input(page), network_input(Image.fromarray(CANVAS))) < 0.15


def test_shaded_and_grainy_paper_is_removed():
    rng = np.random.default_rng(1)
    light = np.linspace(0.55, 0.95, 280)[None, :] * np.linspace(0.8, 1.0, 280)[:, None]
    photo = light * (40 + 215 * (CANVAS / 255.0)) + rng.normal(0, 3, CANVAS.shape)
    blurred = Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    assert difference(network_input(blurred), network_input(Image.fromarray(CANVAS))) < 0.3


def on_ruled_paper(canvas, rise=0.0, is_squared=False, line=0.35):
    """Return the canvas on paper with a line every 40 px that rises by `rise` px from edge to edge."""
    paper = np.ones(canvas.shape)
    across = np.round(rise * np.linspace(-0.5, 0.5, canvas.shape[1])).astype(int)
    for top in range(15, canvas.shape[0], 40):
        for wide in (0, 1):
            paper[np.clip(top + wide + across, 0, canvas.shape[0] - 1), np.arange(canvas.shape[1])] = 1 - line
    if is_squared:
        paper = np.minimum(paper, on_ruled_paper(np.full(canvas.T.shape, 255), -rise, line=line).T / 255)
    return np.minimum(255 * paper, canvas)


@pytest.mark.parametrize("is_squared", [False, True], ids=["ruled", "squared"])
@pytest.mark.parametrize("rise", [0.0, 6.0, -10.0])
def test_ruled_lines_are_removed(rise, is_squared):
    ruled = Image.fromarray(np.round(on_ruled_paper(CANVAS, rise, is_squared)).astype(np.uint8))
    assert difference(network_input(ruled), network_input(Image.fromarray(CANVAS))) < 0.02


@pytest.mark.parametrize("tilt_degrees", [0.0, 2.0, -1.5])
def test_a_stem_on_ruled_paper_is_kept(tilt_degrees):
    page = Image.new("L", (1000, 1050), 235)
    pen = ImageDraw.Draw(page)
    for y in range(60, 1050, 95):
        pen.line([(0, y), (1000, y)], fill=175, width=4)
    for stroke in ([(520, 240), (340, 560), (700, 560)], [(600, 240), (600, 810)]):
        pen.line(stroke, fill=40, width=16)
    turned = page.rotate(tilt_degrees, Image.Resampling.BICUBIC, fillcolor=235).filter(ImageFilter.GaussianBlur(1.5))
    found = crop_single_digit(images.page_from_image(turned))
    assert np.allclose(found.box, (331, 235, 371, 578), atol=32)
    stem = found.input[:, 14:].max(axis=1)
    assert (stem[5:23] > 0.5).all(), "the stem of the four"


def test_ruled_paper_without_a_drawing_is_blank():
    paper = on_ruled_paper(np.full((280, 280), 255), is_squared=True)
    with pytest.raises(BlankDrawing):
        network_input(Image.fromarray(np.round(paper).astype(np.uint8)))


def test_a_dark_line_from_edge_to_edge_is_no_ink():
    underlined = CANVAS.copy()
    underlined[250:262] = 0
    assert difference(network_input(Image.fromarray(underlined)), network_input(Image.fromarray(CANVAS))) < 0.02


def test_large_faint_stains_are_removed():
    stained = CANVAS.copy()
    stained[5:40, 5:60] = 215
    assert difference(network_input(Image.fromarray(stained)), network_input(Image.fromarray(CANVAS))) < 0.02


@pytest.mark.parametrize("pen_px", [0.5, 1, 2, 5, 12, 40])
def test_strokes_stay_visible_with_any_pen(pen_px):
    drawing = golden_drawing(3, 0) | {"pen_px": pen_px}
    digit = crop_single_digit(render_strokes(**drawing)).input
    inked = digit > 0.5
    assert 30 < inked.sum() < 300, "a three has a body at any pen"
    assert digit.max() == 1


def test_normalize_fits_20_px_and_centers_the_mass():
    digit = normalize(render_strokes(**golden_drawing(6, 1)).ink)
    rows, columns = np.nonzero(digit > 0.1)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    y, x = (float((digit * place).sum() / digit.sum()) for place in np.mgrid[:28, :28])
    assert abs(y - 13.5) <= 0.5 and abs(x - 13.5) <= 0.5


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (250, 248, 240), (255, 255, 255, 0)])
def test_an_empty_picture_is_blank(colour):
    with pytest.raises(BlankDrawing):
        network_input(Image.new("RGBA", (280, 280), colour))


def test_a_grain_of_dust_is_blank():
    page = np.full((280, 280), 255, dtype=np.uint8)
    page[100:102, 100:102] = 0
    with pytest.raises(BlankDrawing):
        network_input(Image.fromarray(page))


def test_specks_next_to_the_digit_are_removed():
    dusty = CANVAS.copy()
    for y, x in ((4, 4), (270, 30), (8, 262)):
        dusty[y : y + 5, x : x + 5] = 0
    assert np.array_equal(network_input(Image.fromarray(dusty)), network_input(Image.fromarray(CANVAS)))


def test_a_dot_above_a_stroke_is_kept():
    strokes = [[[100, 60], [100, 62]], [[100, 120], [100, 240]]]
    assert crop_single_digit(render_strokes(strokes, 280, 280, 20)).box[1] < 60


def test_boxes_use_the_uploads_coordinates():
    large = Image.new("L", (4000, 3000), 255)
    large.paste(Image.fromarray(CANVAS).resize((1000, 1000)), (2900, 100))
    sent = io.BytesIO()
    large.save(sent, "JPEG")
    rows, columns = np.nonzero(CANVAS < 128)
    size = [(np.ptp(columns) + 1) / 0.28, (np.ptp(rows) + 1) / 0.28]
    drawn = [2900 + columns.min() / 0.28, 100 + rows.min() / 0.28, *size]
    found = crop_single_digit(images.page_from_image(decode(sent.getvalue(), **LIMITS))).box
    assert np.allclose(found, drawn, atol=10)


def test_components_that_touch_at_corners_are_connected():
    labels = label_components(np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 0, 1]], dtype=bool))
    assert labels.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [2, 2, 0, 3]]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6])
def test_components_match_scipy(share):
    inked = np.random.default_rng(0).uniform(size=(60, 50)) < share
    ours, (theirs, count) = label_components(inked), ndimage.label(inked, np.ones((3, 3)))
    assert ours.max() == count
    assert len(set(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))) == count + 1


def test_the_thumbnail_keeps_the_drawings_place():
    drawing = {"strokes": [[[230, 30], [260, 60]]], "width": 280, "height": 140, "pen_px": 10}
    with Image.open(io.BytesIO(images.thumbnail(render_strokes(**drawing)))) as thumbnail:
        assert thumbnail.size == (96, 48)
        rows, columns = np.nonzero(np.asarray(thumbnail) < 128)
    assert columns.min() >= 75 and columns.max() <= 92
    assert rows.min() >= 8 and rows.max() <= 23


@pytest.mark.parametrize("shape", [(48, 48, 3), (48, 37, 3), (5, 48), (1, 1), (48, 1, 3)])
@pytest.mark.parametrize(
    ("filter_", "extreme"), [(ImageFilter.MaxFilter, np.maximum), (ImageFilter.MinFilter, np.minimum)]
)
def test_fast_filter_matches_pillow(shape, filter_, extreme):
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    for reach in (0, 1, 6):
        expected = Image.fromarray(pixels).filter(filter_(2 * reach + 1))
        assert np.array_equal(filters.spread(pixels, reach, extreme), np.asarray(expected))


def test_grey_and_slightly_tinted_pictures_read_the_same():
    grey = np.full((200, 200, 3), 240, dtype=np.uint8)
    grey[40:160, 90:110] = 30
    tinged = grey.copy()
    tinged[0, 0, 2] = 239
    inks = [images.page_from_image(Image.fromarray(pixels)).ink for pixels in (grey, tinged)]
    assert np.abs(inks[0] - inks[1]).max() < 0.01
