"""Light, dark and high contrast: chosen in the footer, kept by the browser, drawn on at once."""

from playwright.sync_api import Page, expect

from tests.browser.person import draw
from tests.browser.test_axe import assert_flawless
from tests.site import Site

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
INK = "getComputedStyle(document.documentElement).getPropertyValue('--paper-ink').trim()"
LIGHT, DARK, WHITE, BLACK = "rgb(244, 241, 233)", "rgb(23, 24, 27)", "rgb(255, 255, 255)", "rgb(0, 0, 0)"


def choose(page: Page, name: str) -> None:
    page.get_by_label("Theme").select_option(label=name)


def test_a_theme_is_applied_at_once_and_kept(alice: Page, service: Site) -> None:
    assert alice.evaluate(BACKGROUND) == LIGHT
    choose(alice, "Dark")
    assert alice.evaluate(BACKGROUND) == DARK
    alice.goto(f"{service.url}/history/")
    assert alice.evaluate(BACKGROUND) == DARK
    expect(alice.get_by_label("Theme")).to_have_value("dark")
    alice.emulate_media(color_scheme="dark")
    choose(alice, "Light")
    assert alice.evaluate(BACKGROUND) == LIGHT
    assert alice.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    choose(alice, "Same as system")
    assert alice.evaluate(BACKGROUND) == DARK


def test_high_contrast_is_black_and_white_in_both_schemes(alice: Page) -> None:
    choose(alice, "High contrast")
    draw(alice)
    for scheme, background in (("light", WHITE), ("dark", BLACK)):
        alice.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert alice.evaluate(BACKGROUND) == background
    assert alice.evaluate(INK) == "#000"
    assert_flawless(alice, "high contrast", (375, "light"), (1280, "dark"))


def test_a_system_that_asks_for_contrast_gets_it(alice: Page) -> None:
    alice.emulate_media(contrast="more")
    assert alice.evaluate(BACKGROUND) == WHITE
    alice.emulate_media(contrast="no-preference")
    assert alice.evaluate(BACKGROUND) == LIGHT


def test_going_back_shows_the_theme_that_was_chosen_since(alice: Page, service: Site) -> None:
    alice.goto(f"{service.url}/model/")
    alice.goto(f"{service.url}/history/")
    choose(alice, "Dark")
    alice.go_back()
    alice.wait_for_function(f"{BACKGROUND} === '{DARK}'")
    expect(alice.get_by_label("Theme")).to_have_value("dark")
