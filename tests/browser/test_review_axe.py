"""Accessibility of review mode in each of its states, also in German and in forced colors."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.admin_site import REVIEWER
from tests.browser.conftest import OpenPage
from tests.browser.reviewing import open_review_mode, press, queue_drawings, review_sample, review_twice
from tests.browser.test_axe import ALL_DISPLAYS, BOTH, DESKTOP_DARK, assert_flawless
from tests.browser.test_forced_colors import MIN_CONTRAST, contrast
from tests.site import Site

pytestmark = pytest.mark.long  # shows axe each state of review mode: 15 to 45 s


@pytest.fixture
def page(service: Site, sessions: dict[str, StorageState], new_page: OpenPage) -> Page:
    """Return a page of carol, a reviewer."""
    return new_page(storage_state=sessions[REVIEWER])


def test_review_mode_in_each_of_its_states(service: Site, page: Page, faults: list[str]) -> None:
    queue_drawings(service, 2)
    open_review_mode(page, service, is_blind=False)
    assert_flawless(page, "a drawing with its reading", *ALL_DISPLAYS)
    page.get_by_role("button", name="Signs").click()
    press(page, "4", "2")
    assert_flawless(page, "typed, signs", *BOTH)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert_flawless(page, "keys", *BOTH)
    press(page, "Escape")
    page.route("**/review/entries/", lambda route: route.abort())
    press(page, "Enter")
    expect(page.locator("[data-unsaved]")).to_contain_text("1 answer not saved yet.")
    assert_flawless(page, "not saved", *BOTH)
    page.unroute("**/review/entries/")
    press(page, "Enter")
    expect(page.get_by_text("Nothing is waiting for a review.")).to_be_visible()
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    assert_flawless(page, "all done", *BOTH)
    faults.clear()


def test_review_mode_in_german(service: Site, page: Page) -> None:
    queue_drawings(service, 2)
    page.context.add_cookies([{"name": "django_language", "value": "de", "url": service.url}])
    open_review_mode(page, service)
    assert page.locator("html").get_attribute("lang") == "de"
    assert_flawless(page, "blind (de)", *BOTH)
    press(page, "4", "Enter", "?")
    assert_flawless(page, "keys (de)", *BOTH)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_of_accuracy(service: Site, page: Page, language: str) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": service.url}])
    queue_drawings(service, 1)
    page.goto(f"{service.url}/review/accuracy/")
    assert_flawless(page, f"accuracy, nothing reviewed ({language})")
    review_sample(service, 70)
    page.goto(f"{service.url}/review/accuracy/?days=91")
    expect(page.get_by_role("img")).to_have_count(22)
    assert_flawless(page, f"accuracy ({language})", *ALL_DISPLAYS)


def test_the_profile_of_a_reviewer(service: Site, page: Page) -> None:
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_label("When I review, show what was read only after my answer")).to_be_visible()
    assert_flawless(page, "profile of a reviewer", DESKTOP_DARK)


def test_the_drawing_is_visible_in_forced_colors(
    service: Site, sessions: dict[str, StorageState], new_page: OpenPage
) -> None:
    queue_drawings(service, 1)
    page = new_page(storage_state=sessions[REVIEWER], forced_colors="active", color_scheme="dark")
    open_review_mode(page, service)
    assert contrast(page.locator("[data-drawing]:visible")) > MIN_CONTRAST


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_of_agreement(service: Site, page: Page, language: str) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": service.url}])
    review_twice(service, 24)
    page.goto(f"{service.url}/review/agreement/")
    assert page.locator("table").count() == 3
    assert_flawless(page, f"agreement ({language})", *ALL_DISPLAYS)
