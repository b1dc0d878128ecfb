"""Drawings that are sent while offline: kept on the device, sent once when back, by one tab, as their owner's."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, Route, StorageState, expect

from tests.browser.conftest import Account, OpenPage, on_every_screen
from tests.browser.outages import Faults, kept_on
from tests.browser.person import Hand, Stroke, arrive, draw, log_in, provoked
from tests.site import Site

ROWS = "SELECT count(*) FROM predictions_submission WHERE canvas = %s"
BAR: Stroke = [(0.2, 0.95), (0.8, 0.95)]
OFFLINE = "Offline: kept here until you're back."
UNREACHABLE = "The service can't be reached right now"


@pytest.fixture
def faults() -> list[str]:
    """Return the errors of the console but for those of an outage."""
    return Faults()


@pytest.fixture
def live(service: Site, logged_in: StorageState, new_page: OpenPage) -> Iterator[Page]:
    """Return the drawing page of alice, who has her drawings read while she draws."""
    choose = "UPDATE accounts_user SET reads_live = %s WHERE username = 'alice' RETURNING 1"
    service.query(choose, True)
    page = new_page(storage_state=logged_in)
    page.goto(service.url)
    yield page
    service.query(choose, False)


def _keep(page: Page) -> str:
    """Draw while offline, wait until it is kept, and return the canvas."""
    page.context.set_offline(True)
    draw(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status")).to_contain_text(OFFLINE)
    expect(_list(page)).to_be_visible()
    return str(kept_on(page)[-1]["drawing"]["canvas"])


def _list(page: Page, name: str | re.Pattern[str] = re.compile("Kept on this device")) -> Locator:
    return page.get_by_role("region", name=name)


@on_every_screen
def test_a_drawing_is_kept_while_offline_and_sent_once_when_back(alices_hand: Hand, service: Site) -> None:
    page = alices_hand.page
    page.context.set_offline(True)
    alices_hand.draw()
    alices_hand.press("button", "Predict")
    expect(page.get_by_role("status")).to_contain_text(OFFLINE)
    kept = page.get_by_role("region", name="Kept on this device: 1 drawing")
    expect(kept).to_contain_text("sent as soon as you're back")
    (one,) = kept_on(page)
    assert service.query(ROWS, one["drawing"]["canvas"]) == [(0,)]
    page.context.set_offline(False)
    sent = page.get_by_role("region", name="Sent: 1 drawing")
    expect(sent).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Looks like 7")  # the drawing is on the paper still
    assert service.query(ROWS, one["drawing"]["canvas"]) == [(1,)]
    assert kept_on(page) == []
    page.reload()
    assert service.query(ROWS, one["drawing"]["canvas"]) == [(1,)]
    used = service.query("SELECT count(*) FROM predictions_idempotencykey WHERE key = %s", one["key"])
    assert used == [(1,)]


def test_what_was_sent_links_to_its_page(alice: Page) -> None:
    _keep(alice)
    alice.get_by_role("button", name="Clear").click()
    alice.context.set_offline(False)
    _list(alice, "Sent: 1 drawing").get_by_role("link", name="Open").click()
    arrive(alice, "Read as 7")


def test_several_are_kept_and_one_canvas_is_one_drawing(alice: Page, service: Site) -> None:
    first = _keep(alice)
    draw(alice, [BAR])
    alice.get_by_role("button", name="Predict").click()
    alice.wait_for_function("() => document.querySelectorAll('.outbox-drawing').length === 1")
    alice.get_by_role("button", name="Clear").click()
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    expect(_list(alice, "Kept on this device: 2 drawings").get_by_role("listitem")).to_have_count(2)
    assert len(kept_on(alice)[0]["drawing"]["strokes"]) + len(kept_on(alice)[1]["drawing"]["strokes"]) == 3
    alice.context.set_offline(False)
    expect(_list(alice, "Sent: 2 drawings")).to_be_visible()
    assert service.query(ROWS, first) == [(1,)]


def test_a_response_that_was_lost_does_not_send_a_drawing_twice(alice: Page, service: Site) -> None:
    def arrive_and_get_lost(route: Route) -> None:
        route.fetch()
        route.abort("internetdisconnected")

    alice.route("**/api/v1/submissions/", arrive_and_get_lost, times=1)
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text(UNREACHABLE)
    canvas = kept_on(alice)[0]["drawing"]["canvas"]
    expect(_list(alice, "Sent: 1 drawing")).to_be_visible()  # tried again by itself
    assert service.query(ROWS, canvas) == [(1,)]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_two_tabs_send_it_once_and_both_show_it(alice: Page, service: Site) -> None:
    other = alice.context.new_page()
    other.goto(service.url)
    posts: list[Request] = []
    alice.context.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    canvas = _keep(alice)
    expect(_list(other)).to_be_visible()
    posts.clear()
    alice.context.set_offline(False)
    for tab in (alice, other):
        expect(_list(tab, "Sent: 1 drawing")).to_be_visible()
    assert len([post for post in posts if "submissions" in post.url]) == 1
    assert service.query(ROWS, canvas) == [(1,)]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_live_reading_is_quiet_while_offline(live: Page, service: Site) -> None:
    status = live.get_by_role("status")
    live.context.set_offline(True)
    draw(live)
    expect(status).to_contain_text(OFFLINE)
    live.evaluate(
        """() => {
            window.said = [];
            const place = document.querySelector("[data-answer] [data-message]");
            new MutationObserver(() => said.push(place.textContent)).observe(place, {childList: true, subtree: true});
        }"""
    )
    for _ in range(3):
        draw(live, [BAR])
        live.wait_for_timeout(1_000)
    assert live.evaluate("said") == []
    assert len(kept_on(live)) == 1 and len(kept_on(live)[0]["drawing"]["strokes"]) == 4
    live.context.set_offline(False)
    expect(
        live.locator("[data-answer]:is([data-state=digit], [data-state=unsure], [data-state=not_a_digit])")
    ).to_be_visible()
    assert service.query(
        ROWS, json.loads(live.evaluate("sessionStorage[Object.keys(sessionStorage)[0]]"))["canvas"]
    ) == [(1,)]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_somebody_whose_session_ended_logs_in_again_and_it_is_sent(
    service: Site, make_account: Account, new_page: OpenPage
) -> None:
    page = new_page()
    log_in(page, service.url, *make_account("bob"))
    canvas = _keep(page)
    cookies = page.context.cookies()
    page.context.clear_cookies()  # the session ended meanwhile
    page.context.set_offline(False)
    expect(_list(page)).to_contain_text("You are no longer logged in.")
    assert service.query(ROWS, canvas) == [(0,)]
    assert len(kept_on(page)) == 1
    page.context.clear_cookies()
    with page.context.expect_page() as opened:
        _list(page).get_by_role("link", name="Log in in a new tab").click()
    tab = opened.value
    assert cookies
    log_in(tab, service.url, *make_account("bob"))
    expect(_list(tab, "Sent: 1 drawing")).to_be_visible()
    assert service.query(ROWS, canvas) == [(1,)]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
@pytest.mark.parametrize(
    ("status", "code", "headers", "says"),
    [
        (429, "too_many_requests", {"Retry-After": "2"}, "Next try at"),
        (429, "too_much_kept", {}, "Your storage is full."),
        (400, "too_many_points", {}, "too large to send"),
        (503, "queue_full", {"Retry-After": "2"}, "Too many drawings are waiting."),
    ],
)
def test_a_refusal_keeps_the_drawing_with_the_reason(
    alice: Page, service: Site, faults: list[str], status: int, code: str, headers: dict[str, str], says: str
) -> None:
    canvas = _keep(alice)
    body = json.dumps({"error": {"code": code, "message": "No."}})
    alice.route("**/api/v1/submissions/", lambda route: route.fulfill(status=status, body=body, headers=headers))
    with provoked(alice, faults, str(status)):
        alice.context.set_offline(False)
        expect(_list(alice)).to_contain_text(says)
    alice.unroute("**/api/v1/submissions/")
    if headers:  # it is sent by itself
        expect(_list(alice, "Sent: 1 drawing")).to_be_visible()
    else:
        _list(alice).get_by_role("button", name="Try again").click()
        expect(_list(alice, "Sent: 1 drawing")).to_be_visible()
    assert service.query(ROWS, canvas) == [(1,)]
    faults.clear()  # of further tries


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_what_is_kept_can_be_deleted(alice: Page, service: Site) -> None:
    canvas = _keep(alice)
    _list(alice).get_by_role("button", name="Delete").click()
    expect(_list(alice)).to_be_hidden()
    alice.context.set_offline(False)
    alice.reload()
    assert (service.query(ROWS, canvas), kept_on(alice)) == ([(0,)], [])


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_guests_drawing_is_kept_and_sent_too(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(service.url)
    canvas = _keep(page)
    expect(_list(page)).to_contain_text("It is kept for an hour at most.")
    page.context.set_offline(False)
    expect(_list(page, "Sent: 1 drawing")).to_be_visible()
    expect(_list(page, "Sent: 1 drawing").get_by_role("link")).to_be_hidden()
    assert service.query(ROWS, canvas) == [(1,)]


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_answer_and_the_list_agree_on_what_is_wrong(alice: Page) -> None:
    alice.route("**/api/v1/submissions/", lambda route: route.abort("internetdisconnected"))
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    for place in (alice.get_by_role("status"), _list(alice)):
        expect(place).to_contain_text(UNREACHABLE)
    alice.context.set_offline(True)
    for place in (alice.get_by_role("status"), _list(alice)):
        expect(place).to_contain_text("ffline")


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_guests_drawing_is_forgotten_after_an_hour(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(service.url)
    canvas = _keep(page)
    page.evaluate("Date.now = (now => () => now() + 3_700_000)(Date.now)")
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(_list(page)).to_be_hidden()
    page.context.set_offline(False)
    page.wait_for_timeout(500)
    assert service.query(ROWS, canvas) == [(0,)]
