"""No page has a fault that axe-core finds, on phone and desktop, light and dark, nor one that the console tells."""

from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import arrive, draw, paused_worker, read_it
from tests.site import Site

LOOKS = [(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark")]
ERRORS = ("400", "403", "403_csrf", "404", "429", "500", "503")
# axe parses a style sheet with an @import once more, in a style element that our policy refuses, as it must. No rule
# that is on by default needs that; "media" keeps what no-autoplay-audio loads.
OPTIONS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
RARE_PAGES = ("password/reset/key/done", "confirm-email", "inactive")  # the rest: test_accounts_axe.py


def assert_flawless(page: Page, name: str) -> None:
    """Axe finds nothing in any look of the page, and the page is no wider than the screen."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 760})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options=OPTIONS).response["violations"]
        problems = [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]
        assert problems == [], f"{name} at {width} px, {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width} px"


def test_the_drawing_page_in_each_of_its_states(alice: Page, service: Site) -> None:
    assert_flawless(alice, "empty")
    draw(alice)
    read_it(alice)
    assert_flawless(alice, "read")
    alice.get_by_role("button", name="Reset").click()
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("still blank")
    assert_flawless(alice, "blank")
    for stroke in ([(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)], [(0.1, 0.5), (0.9, 0.5)]):
        draw(alice, [stroke])
    read_it(alice)
    assert_flawless(alice, "unsure or no digit")
    alice.get_by_role("button", name="Reset").click()
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        assert_flawless(alice, "waiting")
        alice.goto(f"{service.url}/history/")
        alice.get_by_role("link", name="Waiting to be read").first.click()
        expect(alice.get_by_role("heading", name="Not read yet")).to_be_visible()
        assert_flawless(alice, "an item that waits")


def test_history_and_one_item(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="Was this wrong?").click()
    expect(alice.locator("[data-boxes] text")).to_have_text("7")
    alice.get_by_role("button", name="Right, it is 7").click()
    arrive(alice, "What it really is")
    expect(alice.locator("[data-boxes] text")).to_have_text("7")
    assert_flawless(alice, "item")
    alice.get_by_role("main").get_by_role("link", name="History").click()
    arrive(alice, "History")
    assert_flawless(alice, "history")
    alice.get_by_role("button", name="Delete").first.click()
    expect(alice.get_by_role("button", name="Undo")).to_be_visible()
    assert_flawless(alice, "history, one deleted")
    for query in ("digit=7&corrected=on", "since=2099-01-01"):
        alice.goto(f"{service.url}/history/?{query}")
        assert_flawless(alice, query)


def test_the_rare_pages_of_an_account(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    for path in RARE_PAGES:
        answer = page.goto(f"{service.url}/accounts/{path}/")
        assert answer is not None and answer.ok and page.url.endswith(f"/{path}/")
        assert_flawless(page, path)


def test_the_empty_history_of_a_newcomer(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/accounts/signup/")
    page.get_by_label("Username").fill(f"newcomer-{uuid4().hex[:8]}")
    for label in ("Password", "Password (again)"):
        page.get_by_label(label, exact=True).fill("draws digits well")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Nothing drawn yet")).to_be_visible()
    assert_flawless(page, "empty history")


def test_error_pages(service: Site, new_page: OpenPage) -> None:
    page, bodies = new_page(), [render_to_string(f"{name}.html") for name in ERRORS]
    page.route("**/broken", lambda route: route.fulfill(body=bodies.pop(0), content_type="text/html"))
    for name in ERRORS:
        page.goto(f"{service.url}/broken")
        expect(page.get_by_role("heading")).to_be_visible()
        assert_flawless(page, name)
