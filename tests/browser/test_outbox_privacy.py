"""What one person keeps on a device is gone at the log-out, after a warning, and never another person's."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Account, OpenPage
from tests.browser.outages import Faults, kept_on
from tests.browser.person import Stroke, arrive, draw, log_in
from tests.site import Site

ROWS = "SELECT count(*) FROM predictions_submission WHERE canvas = %s"
BAR: Stroke = [(0.2, 0.95), (0.8, 0.95)]


@pytest.fixture
def faults() -> list[str]:
    """Return the errors of the console but for those of an outage."""
    return Faults()


@pytest.fixture
def bob(service: Site, make_account: Account, new_page: OpenPage) -> Page:
    """Return the drawing page of bob, in a session of its own."""
    page = new_page()
    log_in(page, service.url, *make_account("bob"))
    return page


def _keep(page: Page, service: Site, count: int = 1) -> list[str]:
    """Keep so many drawings, go back online with a service that takes none, and return their canvases."""
    page.route("**/api/v1/submissions/", lambda route: route.abort("internetdisconnected"))
    for number in range(1, count + 1):
        draw(page)
        page.get_by_role("button", name="Predict").click()
        name = f"Kept on this device: {number} drawing{'s' if number > 1 else ''}"
        expect(page.get_by_role("region", name=name)).to_be_visible()
        page.get_by_role("button", name="Clear").click()
    return [one["drawing"]["canvas"] for one in kept_on(page)]


def _log_out(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("button", name="Log out").click()


def test_a_log_out_warns_and_then_deletes(bob: Page, service: Site) -> None:
    canvases = _keep(bob, service, 2)
    other = bob.context.new_page()
    other.route("**/api/v1/submissions/", lambda route: route.abort("internetdisconnected"))
    other.goto(service.url)
    expect(other.get_by_role("region", name="Kept on this device: 2 drawings")).to_be_visible()
    _log_out(bob)
    arrive(bob, "Log out")
    expect(bob.get_by_role("status")).to_contain_text("2 drawings on this device are not sent yet")
    assert len(kept_on(bob)) == 2
    bob.get_by_role("button", name="Delete and log out").click()
    arrive(bob, "Log in")
    assert kept_on(bob) == []
    arrive(other, "Inkling reads")
    for tab in (bob, other):
        assert tab.evaluate("Object.keys(sessionStorage)") == []
    assert [service.query(ROWS, canvas) for canvas in canvases] == [[(0,)], [(0,)]]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_log_out_offers_to_send_first(bob: Page, service: Site) -> None:
    canvases = _keep(bob, service, 2)
    _log_out(bob)
    arrive(bob, "Log out")
    bob.get_by_role("button", name="Send now").click()
    expect(bob.get_by_role("status")).to_contain_text("can't be reached")
    bob.unroute("**/api/v1/submissions/")
    bob.get_by_role("button", name="Send now").click()
    expect(bob.get_by_role("status")).to_contain_text("Nothing is left on this device.")
    assert [service.query(ROWS, canvas) for canvas in canvases] == [[(1,)], [(1,)]]
    bob.get_by_role("main").get_by_role("button", name="Log out").click()
    arrive(bob, "Log in")


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_log_out_with_nothing_kept_is_not_held_up(bob: Page) -> None:
    _log_out(bob)
    arrive(bob, "Log in")


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_next_person_neither_sees_nor_sends_it(bob: Page, service: Site, make_account: Account) -> None:
    (canvas,) = _keep(bob, service)
    bob.context.clear_cookies()  # bob's session ended without a log-out
    bob.unroute("**/api/v1/submissions/")
    bob.goto(service.url)  # the landing page, where a guest draws
    expect(bob.locator("[data-canvas]")).to_be_visible()
    bob.wait_for_timeout(500)
    expect(bob.locator("[data-outbox]")).to_be_hidden()
    assert len(kept_on(bob)) == 1  # he may come back for it
    log_in(bob, service.url, *make_account("carol"))
    bob.wait_for_timeout(500)
    expect(bob.locator("[data-outbox]")).to_be_hidden()
    assert (kept_on(bob), service.query(ROWS, canvas)) == ([], [(0,)])
    left = bob.evaluate("({...localStorage, ...sessionStorage})")
    assert list(left) == ["inkling.user"]


def _guest_who_kept(new_page: OpenPage, url: str) -> tuple[Page, str]:
    """Keep a drawing without an account, go on to a blank paper, and return the page and the canvas."""
    page = new_page()
    page.goto(url)
    page.route("**/api/guest/drawings/", lambda route: route.abort("internetdisconnected"))
    draw(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("region", name="Kept on this device: 1 drawing")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    return page, str(kept_on(page)[0]["drawing"]["canvas"])


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_what_a_guest_kept_becomes_the_users_at_the_log_in(
    service: Site, make_account: Account, new_page: OpenPage
) -> None:
    page, canvas = _guest_who_kept(new_page, service.url)
    log_in(page, service.url, *make_account("bob"))
    expect(page.get_by_role("region", name="Sent: 1 drawing")).to_be_visible()
    owners = "SELECT username FROM predictions_submission JOIN accounts_user ON owner_id = accounts_user.id"
    assert service.query(f"{owners} WHERE canvas = %s", canvas) == [("bob",)]
    assert kept_on(page) == []


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_what_a_guest_kept_over_an_hour_ago_does_not(service: Site, make_account: Account, new_page: OpenPage) -> None:
    page, canvas = _guest_who_kept(new_page, service.url)
    page.add_init_script("Date.now = (now => () => now() + 3_700_000)(Date.now)")
    log_in(page, service.url, *make_account("bob"))
    page.wait_for_function("() => localStorage.getItem('inkling.outbox') === null")
    assert (kept_on(page), service.query(ROWS, canvas)) == ([], [(0,)])


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_log_in_says_what_it_deletes_of_another_user(bob: Page, service: Site) -> None:
    _keep(bob, service, 2)
    bob.context.clear_cookies()  # bob's session ended without a log-out
    for path in ("login", "signup"):
        bob.goto(f"{service.url}/accounts/{path}/")
        expect(bob.get_by_text("2 drawings that are not sent yet are kept on this device.")).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_tab_of_somebody_who_is_not_logged_in_any_more_sends_nothing(
    bob: Page, service: Site, make_account: Account
) -> None:
    (canvas,) = _keep(bob, service)
    bob.context.clear_cookies()
    other = bob.context.new_page()
    log_in(other, service.url, *make_account("carol"))  # in another tab, while bob's page stays open
    bob.unroute("**/api/v1/submissions/")
    bob.evaluate("dispatchEvent(new Event('online'))")
    bob.wait_for_timeout(1_500)
    assert service.query(ROWS, canvas) == [(0,)]
    draw(bob, [BAR])
    assert kept_on(bob) == []
