"""A browser for the whole folder, pages that must stay free of faults, and alice's account."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.browser.office import staff_the_office
from tests.browser.person import Hand, log_in, open_browser
from tests.site import Site

Account = Callable[[str], tuple[str, str]]
OpenPage = Callable[..., Page]
Screen = tuple[int, str]
SCREENS: list[Screen] = [(width, hand) for width in (375, 1280) for hand in ("finger", "mouse")]
on_every_screen = pytest.mark.parametrize("screen", SCREENS, ids="{0[0]}-{0[1]}".format)
SENTENCE = "INKLING_BROWSER names no Chromium; `make test` finds or installs one."


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder `browser`, and those that check pages with axe `axe`."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if item.path.stem.endswith("axe"):
                item.add_marker(pytest.mark.axe)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium; where there is none, its tests are skipped, or fail with BROWSER_REQUIRED=1.

    Gone when the folder's tests are: Playwright's loop runs in this thread, where Django would refuse its database.
    """
    path = os.environ.get("INKLING_BROWSER")
    if not path:
        (pytest.fail if os.environ.get("BROWSER_REQUIRED") == "1" else pytest.skip)(SENTENCE)
    expect.set_options(timeout=20_000)  # as long as a busy machine may need; nothing is made true by waiting
    with sync_playwright() as playwright:
        browser = open_browser(playwright, path)
        yield browser
        browser.close()


@pytest.fixture
def faults() -> list[str]:
    """What the console said in anger, CSP reports included. A test that provokes a fault takes it out."""
    return []


@pytest.fixture
def new_page(browser: Browser, faults: list[str]) -> Iterator[OpenPage]:
    """Open a page of a person of its own, with Playwright's options of a context; none may end with a fault."""
    contexts = []

    def open_page(width: int = 1280, height: int = 800, **options: Any) -> Page:
        still = {"locale": "en", "reduced_motion": "reduce"}  # nothing glides away from under the pointer
        context = browser.new_context(viewport={"width": width, "height": height}, **(still | options))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="package")
def logged_in(service: Site, make_account: Account, browser: Browser) -> StorageState:
    """The cookies of alice, logged in once for all tests that do not end her session."""
    with browser.new_context(locale="en") as context:
        log_in(context.new_page(), service.url, *make_account("alice"))
        return context.storage_state()


@pytest.fixture
def hand(new_page: OpenPage, screen: Screen) -> Hand:
    """Somebody before the screen, logged in nowhere."""
    return _hand(new_page, screen)


@pytest.fixture
def alices_hand(service: Site, logged_in: StorageState, new_page: OpenPage, screen: Screen) -> Hand:
    """Alice before the screen, on the drawing page."""
    hand = _hand(new_page, screen, storage_state=logged_in)
    hand.page.goto(service.url)
    return hand


def _hand(new_page: OpenPage, screen: Screen, **options: Any) -> Hand:
    width, kind = screen
    is_finger = kind == "finger"
    return Hand(new_page(width, 760, has_touch=is_finger, is_mobile=is_finger, **options), is_finger)


@pytest.fixture
def alice(service: Site, logged_in: StorageState, new_page: OpenPage) -> Page:
    """The drawing page on a desktop, with alice logged in."""
    page = new_page(storage_state=logged_in)
    page.goto(service.url)
    return page


@pytest.fixture(scope="package")
def staff(service: Site) -> None:
    """The office has people: carol reviews, bob is an admin; and something in each of its tables."""
    staff_the_office(service)
