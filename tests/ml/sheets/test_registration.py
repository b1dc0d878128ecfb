"""Finding a printed page on a photograph, and telling what is wrong with it."""

import cv2
import numpy as np
import pytest

from ml.sheets.problems import Problem
from ml.sheets.registration import find_page
from tests.ml.sheets.photographed import CODE, SMALL, draw_page, take


def off_mm(found, photograph):
    """Return how far the corners of a page are from where they are."""
    layout = draw_page().layout
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [layout.width_mm, layout.height_mm]
    true = photograph.camera.locate(corners)
    return np.abs(np.array(found.corners) - true).max() / np.linalg.norm(true[1] - true[0]) * layout.width_mm


@pytest.mark.parametrize("turn", [20, 185])
def test_a_page_is_found_whichever_way_it_lies(turn):
    taken = take(turn_degrees=float(turn), tilt_degrees=28.0)
    found = find_page(taken.pixels)
    assert found.code == CODE
    assert found.is_good
    assert off_mm(found, taken) < 1


@pytest.mark.parametrize("hidden", [(0, 2), (1, 5)])
def test_a_page_is_found_with_two_marks_covered(hidden):
    taken = take(hidden=hidden)
    found = find_page(taken.pixels)
    assert set(found.marks) == set(range(6)) - set(hidden)
    assert found.code == CODE
    assert found.is_good
    assert off_mm(found, taken) < 1.5


def test_colour_is_read_as_grey_is():
    grey = take().pixels
    found = find_page(np.repeat(grey[:, :, None], 3, axis=2))
    assert found.code == CODE


def test_too_few_marks_ask_for_another_photograph():
    found = find_page(take(hidden=(1, 2, 5, 4)).pixels)
    assert not found.is_good
    assert found.problems == [Problem("marks_missing", "upper right"), Problem("marks_missing", "lower right")]


def test_a_photograph_without_marks_has_no_page():
    assert find_page(np.full((400, 300), 200, dtype=np.uint8)) is None
    assert find_page(take(hidden=tuple(range(6))).pixels) is None


def test_one_mark_is_enough_to_miss_the_others():
    found = find_page(take(hidden=(1, 2, 3, 4, 5)).pixels[:, : SMALL[0] // 2])
    assert {problem.kind for problem in found.problems} == {"marks_missing"}
    assert len(found.problems) == 3


def test_a_box_like_a_mark_within_a_table_is_no_mark():
    taken = take(hidden=(1, 2, 3, 4, 5))
    x, y, side, _ = draw_page().layout.marks[0].rect
    for line in ([(x - 2, y - 30), (x - 2, y + 60)], [(x - 30, y + side + 2), (x + 60, y + side + 2)]):
        one, other = taken.camera.locate(np.array(line)).astype(int).tolist()
        cv2.line(taken.pixels, one, other, 60, 6)
    assert find_page(taken.pixels[:, : SMALL[0] // 2]) is None


def test_blur_is_told_where_it_is():
    sharp = take(rows=19).pixels
    assert find_page(sharp).problems == []
    blurred = sharp.copy()
    half_y, half_x = (side // 2 for side in sharp.shape)
    blurred[half_y:, :half_x] = cv2.GaussianBlur(sharp, (0, 0), 5)[half_y:, :half_x]
    found = find_page(blurred)
    assert Problem("blurred", "lower left") in found.problems
    assert Problem("blurred", "upper right") not in found.problems
    assert not found.is_good


def test_a_shaken_photograph_is_blurred():
    found = find_page(cv2.blur(take(rows=19).pixels, (8, 1)))
    assert Problem("blurred") in found.problems


@pytest.mark.parametrize(
    ("kind", "cover"), [("code_hidden", 180), ("code_hidden", 60), ("no_code", 255), ("no_code", None)]
)
def test_a_code_that_cannot_be_read_is_told_from_one_that_is_not_there(kind, cover):
    page = draw_page().layout
    taken = take()
    corners = taken.camera.locate(np.array([[page.code.x, page.code.y], [page.code.x + 20, page.code.y + 20]]))
    (left, top), (right, bottom) = corners.astype(int)
    covered = taken.pixels.copy()
    code = covered[top:bottom, left:right]
    modules = np.random.default_rng(1).choice(np.array([30, 220], np.uint8), (12, 12))
    scribbled = cv2.resize(modules, code.shape[::-1], interpolation=cv2.INTER_NEAREST)
    covered[top - 4 : bottom + 4, left - 4 : right + 4] = cover or 220
    if cover is None:
        covered[top:bottom, left:right] = scribbled
    found = find_page(covered)
    assert found.problems[-1] == Problem(kind)
    assert {problem.kind for problem in found.problems} <= {kind, "glare"}
    assert not found.is_good


def test_a_code_that_is_cut_off_is_not_there():
    taken = take(tilt_degrees=0.0)
    edge = int(taken.camera.locate(np.array([[105.0, 26.0]]))[0, 1])
    assert Problem("code_hidden") in find_page(taken.pixels[edge:]).problems


def test_a_code_with_a_spoiled_corner_is_read_where_it_stands():
    x, y = draw_page().layout.code[:2]
    taken = take()
    spoiled = taken.pixels.copy()
    first, last = taken.camera.locate(np.array([[x, y], [x + 4, y + 4]])).astype(int).tolist()
    cv2.rectangle(spoiled, first, last, 200, -1)  # most of a square by which codes are searched
    found = find_page(spoiled)
    assert (found.code, found.problems) == (CODE, [])


def test_darkness_and_shadows_are_told():
    assert Problem("dark") in find_page(take(brightness=0.08, grain=0.5).pixels).problems
    light = np.ones(SMALL[::-1])
    light[: 2 * SMALL[1] // 5] = 0.3
    shaded = find_page((take().pixels * cv2.GaussianBlur(light, (0, 0), 20)).astype(np.uint8))
    assert {one.kind for one in shaded.problems} == {"shadow"}
    assert "top" in {one.place for one in shaded.problems}
    assert shaded.is_good


def test_in_the_dark_nothing_is_called_blurred():
    for brightness in (0.1, 0.06):
        found = find_page(take(brightness=brightness, grain=4.0).pixels)
        assert {problem.kind for problem in found.problems} <= {"dark", "no_code", "code_hidden"}
        assert Problem("dark") in found.problems


def test_glare_is_told_where_it_is():
    taken = take()
    (x, y), (edge, _) = taken.camera.locate(np.array([[100.0, 120.0], [122.0, 120.0]]))
    ys, xs = np.mgrid[: SMALL[1], : SMALL[0]]
    light = 255 * np.exp(-((np.hypot(xs - x, ys - y) / (edge - x)) ** 4))
    found = find_page(np.clip(taken.pixels + light, 0, 255).astype(np.uint8))
    assert Problem("glare", "middle") in found.problems
    assert found.is_good


def test_a_page_that_is_far_away_is_too_small():
    small = cv2.resize(take().pixels, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    assert find_page(small).problems[0] == Problem("too_small")


def test_a_side_that_is_cut_off_is_told():
    taken = take(tilt_degrees=0.0)
    edge = int(taken.camera.locate(np.array([[105.0, 262.0]]))[0, 1])
    found = find_page(taken.pixels[:edge])
    assert Problem("cut_off", "bottom") in found.problems


def test_what_is_told_is_ready_for_json():
    told = find_page(take(brightness=0.08, grain=0.5).pixels).as_dict()
    assert told["is_good"] is False
    assert {"kind": "dark", "place": ""} in told["problems"]
    assert len(told["corners"]) == 4


def test_a_page_blurred_so_much_that_its_marks_are_lost_is_still_ours():
    taken = take().pixels
    for blur_px in (3, 4):
        found = find_page(cv2.GaussianBlur(taken, (0, 0), blur_px))
        assert found is not None
        assert Problem("blurred") in found.problems
        assert not found.is_good


def test_a_page_is_found_although_another_peeks_out_from_under_it():
    """Four marks and the code of the lower page are in view, too."""
    taken, layout = take(), draw_page().layout
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [layout.width_mm, layout.height_mm]
    upper = np.zeros((SMALL[1], SMALL[0]), dtype=np.uint8)
    cv2.fillConvexPoly(upper, np.round(taken.camera.locate(corners)).astype(np.int32), 1)
    both = np.full((SMALL[1] + 90, SMALL[0] + 260), 60, dtype=np.uint8)
    both[90:, 260:] = taken.pixels
    both[: SMALL[1], : SMALL[0]][upper > 0] = taken.pixels[upper > 0]
    found = find_page(both)
    assert found.code == CODE
    assert found.is_good
    assert off_mm(found, taken) < 1
