"""Forced colors: drawings and what is shown of them stay visible, also in dark schemes."""

import io
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Locator, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import arrive, draw, read_it
from tests.browser.picture_files import choose, payload
from tests.site import Site

MIN_CONTRAST = 4.5


def contrast(place: Locator) -> float:
    """Return the contrast ratio between the darkest and the lightest of the colors that cover at least 1% of it."""
    image = Image.open(io.BytesIO(place.screenshot())).convert("L")
    histogram = image.histogram()
    common = [level for level in range(256) if histogram[level] >= image.width * image.height / 100]
    dark, light = (_luminance(level) for level in (min(common), max(common)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(level: int) -> float:
    """Return the relative luminance of a gray level, as WCAG defines it."""
    value = level / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@pytest.mark.long  # two looks: 8 s
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_is_visible_in_forced_colors(
    service: Site, logged_in: StorageState, new_page: OpenPage, scheme: Literal["light", "dark"]
) -> None:
    page = new_page(storage_state=logged_in, forced_colors="active", color_scheme=scheme)
    page.goto(service.url)
    draw(page)
    assert contrast(page.locator("[data-canvas]")) > MIN_CONTRAST
    read_it(page)
    assert contrast(page.locator("[data-seen]")) > MIN_CONTRAST
    page.get_by_role("link", name="All about this drawing").click()
    arrive(page, "Read as 7")
    expect(page.locator("[data-boxes] text")).to_have_text("7")
    assert contrast(page.locator("[data-drawing]")) > MIN_CONTRAST
    page.get_by_role("main").get_by_role("link", name="History").click()
    thumbnail = page.locator(".thumbnail img").first
    thumbnail.evaluate("image => image.decode()")
    assert contrast(thumbnail) > MIN_CONTRAST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_of_a_picture_is_visible_in_forced_colors(
    service: Site, logged_in: StorageState, new_page: OpenPage, scheme: Literal["light", "dark"]
) -> None:
    page = new_page(storage_state=logged_in, forced_colors="active", color_scheme=scheme)
    page.goto(service.url)
    choose(page, payload())
    for handle in (".crop-corner[data-edges='left top']", ".crop-edge[data-edges='right']"):
        assert contrast(page.locator(handle)) > MIN_CONTRAST


def test_ink_follows_a_change_of_the_colors(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    page = new_page(storage_state=logged_in)
    page.goto(service.url)
    draw(page)
    page.emulate_media(forced_colors="active", color_scheme="dark")
    assert contrast(page.locator("[data-canvas]")) > MIN_CONTRAST
