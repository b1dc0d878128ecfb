"""A browser for the whole folder, pages whose console must stay clean, and the session of alice."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.browser.admin_site import ADMIN, REVIEWER, SUPERUSER, create_staff, log_in_to_admin
from tests.browser.kept_pages import KeptPages, OpenPage
from tests.browser.person import Hand, log_in, open_browser
from tests.site import Site

Account = Callable[[str], tuple[str, str]]
Screen = tuple[int, str]
SCREENS: list[Screen] = [(375, "finger"), (1280, "mouse"), (375, "mouse"), (1280, "finger")]
on_every_screen = pytest.mark.parametrize(
    "screen",
    # the quick set has only the phone: the wide page and the mouse are in its other tests; all three would take 120 s
    [SCREENS[0], *(pytest.param(screen, marks=pytest.mark.long) for screen in SCREENS[1:])],
    ids="{0[0]}-{0[1]}".format,
)
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
    """Start Chromium; without one, skip the tests, or fail with BROWSER_REQUIRED=1.

    Closed after this folder's tests, since Django refuses the database in a thread that runs Playwright's loop.
    """
    path = os.environ.get("INKLING_BROWSER")
    if not path:
        (pytest.fail if os.environ.get("BROWSER_REQUIRED") == "1" else pytest.skip)(SENTENCE)
    expect.set_options(timeout=20_000)  # as long as a busy machine may need
    with sync_playwright() as playwright:
        browser = open_browser(playwright, path)
        yield browser
        browser.close()


@pytest.fixture
def faults() -> list[str]:
    """Return the errors and warnings of the console, CSP reports included; see `provoked` for expected ones."""
    return []


@pytest.fixture(scope="package")
def kept_pages(browser: Browser) -> KeptPages:
    """Keep pages from test to test, for the whole folder: a new context costs a second of CPU, a cleared one 0.1 s."""
    return KeptPages(browser)


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, kept_pages: KeptPages, service: Site, faults: list[str]
) -> Iterator[OpenPage]:
    """Return a function that opens a page in its own context, with Playwright's options; `faults` must stay empty.

    The context may have served an earlier test: it has no cookies, no storage and no routes. A test that changes more,
    such as the clock, closes its page. Only tests marked `preview` load the preview of readings.
    """
    has_preview = request.node.get_closest_marker("preview") is not None
    with kept_pages.lend(service.url, faults, has_preview=has_preview) as open_page:
        yield open_page
    assert faults == []


@pytest.fixture(scope="package", autouse=True)
def read_on_request(request: pytest.FixtureRequest) -> None:
    """Turn live reading off for everybody, so that nothing is sent that a test does not send."""
    if os.environ.get("INKLING_BROWSER"):
        site: Site = request.getfixturevalue("service")
        site.query("UPDATE accounts_user SET reads_live = false RETURNING 1")


@pytest.fixture(scope="package")
def logged_in(service: Site, make_account: Account, browser: Browser) -> StorageState:
    """Log alice in once, for all tests that do not end her session."""
    with browser.new_context(locale="en") as context:
        log_in(context.new_page(), service.url, *make_account("alice"))
        return context.storage_state()


@pytest.fixture
def hand(new_page: OpenPage, screen: Screen) -> Hand:
    """Return a user who is not logged in."""
    return _hand(new_page, screen)


@pytest.fixture
def alices_hand(service: Site, logged_in: StorageState, new_page: OpenPage, screen: Screen) -> Hand:
    """Return alice on the drawing page."""
    hand = _hand(new_page, screen, storage_state=logged_in)
    hand.page.goto(service.url)
    return hand


def _hand(new_page: OpenPage, screen: Screen, **options: Any) -> Hand:
    width, kind = screen
    is_finger = kind == "finger"
    return Hand(new_page(width, 760, has_touch=is_finger, is_mobile=is_finger, **options), is_finger)


@pytest.fixture
def alice(service: Site, logged_in: StorageState, new_page: OpenPage) -> Page:
    """Return the drawing page on a desktop, with alice logged in."""
    page = new_page(storage_state=logged_in)
    page.goto(service.url)
    return page


@pytest.fixture
def phone(service: Site, logged_in: StorageState, new_page: OpenPage) -> Page:
    """Return the drawing page on a small phone, with alice logged in."""
    page = new_page(375, 667, storage_state=logged_in, has_touch=True, is_mobile=True)
    page.goto(service.url)
    return page


@pytest.fixture(scope="package")
def staff(service: Site) -> None:
    """Make carol a reviewer and bob an admin, and put a row into each table of the admin."""
    create_staff(service)


@pytest.fixture(scope="package")
def sessions(service: Site, staff: None, browser: Browser) -> dict[str, StorageState]:
    """Log all staff in once, for all tests that do not end their sessions."""
    kept = {}
    for name in (SUPERUSER, ADMIN, REVIEWER):
        with browser.new_context(locale="en") as context:
            log_in_to_admin(context.new_page(), service, name)
            kept[name] = context.storage_state()
    return kept
