"""axe-core finds no problem in the states without a connection; they hold in forced colors and in German."""

import json

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.outages import Faults
from tests.browser.person import draw, provoked
from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site

pytestmark = pytest.mark.long  # shows axe each state without a connection: 15 to 45 s

REFUSED = {"error": {"code": "too_much_kept", "message": "Full."}}
API = "**/api/v1/submissions/"


@pytest.fixture
def faults() -> list[str]:
    """Return the errors of the console but for those of an outage."""
    return Faults()


def _keep(page: Page) -> None:
    page.route(API, lambda route: route.abort("internetdisconnected"))
    draw(page)
    page.locator("[data-predict]").click()
    expect(page.locator("[data-outbox] li")).to_have_count(1)


def test_a_kept_a_refused_and_a_sent_drawing(alice: Page, faults: list[str]) -> None:
    _keep(alice)
    assert_flawless(alice, "kept", *BOTH)
    alice.unroute(API)
    alice.route(API, lambda route: route.fulfill(status=429, body=json.dumps(REFUSED)), times=1)
    with provoked(alice, faults, "429"):
        alice.evaluate("dispatchEvent(new Event('online'))")
        expect(alice.locator("[data-outbox]")).to_contain_text("Your storage is full.")
    assert_flawless(alice, "kept and refused", *BOTH)
    alice.get_by_role("region", name="Kept").get_by_role("button", name="Try again").click()
    expect(alice.get_by_role("region", name="Sent: 1 drawing")).to_be_visible()
    assert_flawless(alice, "kept and sent", *BOTH)


def test_too_many_requests(alice: Page, faults: list[str]) -> None:
    body = json.dumps({"error": {"code": "too_many_requests", "message": ""}})
    alice.route(API, lambda route: route.fulfill(status=429, body=body, headers={"Retry-After": "2"}), times=1)
    draw(alice)
    with provoked(alice, faults, "429"):
        alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("Try again in 2 seconds.")
    again = alice.get_by_role("button", name="Try again")
    expect(again).to_be_disabled()
    assert_flawless(alice, "too many requests", *BOTH)
    again.click()  # once it is enabled
    expect(alice.get_by_role("status")).to_contain_text("Looks like 7")


def test_the_warning_before_a_log_out(alice: Page, service: Site) -> None:
    _keep(alice)
    alice.get_by_role("button", name="Log out").click()
    expect(alice.get_by_role("status")).to_contain_text("1 drawing on this device is not sent yet")
    assert_flawless(alice, "log-out with a drawing", *BOTH)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_offline_page(service: Site, logged_in: StorageState, new_page: OpenPage, language: str) -> None:
    page = new_page(storage_state=logged_in)
    page.route("**/health/live", lambda route: route.abort("internetdisconnected"))
    page.goto(f"{service.url}/offline/?language={language}")  # nobody's page was shown before
    assert_flawless(page, f"offline, nobody ({language})", *BOTH)
    expect(page.locator("[data-canvas]")).to_be_hidden()
    page.goto(service.url)
    page.goto(f"{service.url}/offline/?language={language}")
    assert page.locator("html").get_attribute("lang") == language
    draw(page)
    page.context.set_offline(True)
    page.locator("[data-predict]").click()
    expect(page.locator("[data-outbox] li")).to_have_count(1)
    assert_flawless(page, f"offline ({language})", *BOTH)


def test_what_is_kept_is_visible_in_forced_colors(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    page = new_page(storage_state=logged_in, forced_colors="active", color_scheme="dark")
    page.goto(service.url)
    _keep(page)
    thumbnail = page.locator("[data-outbox] canvas")
    dark, light = thumbnail.evaluate(
        """(canvas) => {
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const inked = [...Array(data.length / 4).keys()].filter((i) => data[4 * i + 3] > 128);
            return [inked.length, data[4 * inked[0]]];
        }"""
    )
    assert dark > 20 and light < 128  # ink on paper, which is not forced
