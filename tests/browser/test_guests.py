"""People without an account: draw at `/`, see the answer, sign up, and keep what they drew."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Account, OpenPage, on_every_screen
from tests.browser.person import Hand, Stroke, arrive, dark_share, draw, log_in, paused_worker, provoked, read_it
from tests.site import Site

PASSWORD = "draws digits well"
ONE: list[Stroke] = [[(0.5, 0.2), (0.5, 0.8)]]
LANDING = "Inkling reads handwritten digits and numbers"


@pytest.fixture
def guest(service: Site, new_page: OpenPage) -> Page:
    """Return the landing page on a desktop."""
    page = new_page()
    page.goto(service.url)
    return page


def sign_up(hand: Hand, then: str = "Draw a digit") -> None:
    """Sign up by the link of this page, which leads on to the page with the heading `then`."""
    hand.press("link", "Sign up")
    arrive(hand.page, "Sign up")
    hand.page.get_by_label("Username").fill(f"dora-{uuid4().hex[:8]}")
    for label in ("Password", "Password (again)"):
        hand.page.get_by_label(label, exact=True).fill(PASSWORD)
    hand.press("button", "Sign up")
    arrive(hand.page, then)


def _sessions(page: Page) -> list[str]:
    return [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid"]


@on_every_screen
def test_a_newcomer_draws_signs_up_and_finds_the_drawings_in_the_history(service: Site, hand: Hand) -> None:
    page = hand.page
    page.goto(service.url)
    expect(page.get_by_role("heading", name=LANDING)).to_be_visible()
    expect(page.locator("[data-canvas]")).to_be_in_viewport(ratio=0.9)
    hand.draw()
    assert _sessions(page) == []
    assert "7" in hand.read_it()
    assert len(_sessions(page)) == 1
    expect(page.get_by_role("link", name="Is this wrong?")).to_be_hidden()  # it has no page of its own
    page.locator("[data-canvas]").press("Escape")
    hand.draw(ONE)
    assert "1" in hand.read_it()
    sign_up(hand)
    question = page.get_by_role("region", name="Keep these 2 drawings?")
    for name in ("Read as 7", "Read as 1"):
        image = question.get_by_role("img", name=name)
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    hand.touch(question.get_by_role("button", name="Keep"))
    arrive(page, "History")
    expect(page.get_by_text("2 drawings are now in your history.")).to_be_visible()
    for name in ("Read as 1", "Read as 7"):
        expect(page.get_by_role("main").get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name="Read as 7").click()
    arrive(page, "Read as 7")
    page.goto(service.url)
    expect(question).to_be_hidden()


def test_a_newcomer_may_delete_what_they_drew(guest: Page, service: Site) -> None:
    draw(guest)
    read_it(guest)
    sign_up(Hand(guest, is_finger=False))
    guest.get_by_role("region", name="Keep this drawing?").get_by_role("button", name="Delete").click()
    expect(guest.get_by_text("were deleted.")).to_be_visible()
    guest.goto(f"{service.url}/history/")
    expect(guest.get_by_role("heading", name="No drawings yet")).to_be_visible()


def test_a_guests_drawing_survives_a_reload(guest: Page, service: Site) -> None:
    draw(guest)
    ink = dark_share(guest)
    guest.reload()
    assert dark_share(guest) == ink > 0
    assert "7" in read_it(guest)
    guest.goto(f"{service.url}/accounts/login/")
    assert guest.evaluate("Object.keys(sessionStorage)") == ["inkling.sheet.guest"]  # until somebody logs in


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (429, "too_many_requests", "That was a lot of drawings in one minute."),
        (503, "too_many_guests", "Too many people are trying this right now."),
        (503, "queue_full", "Too many drawings are waiting."),
    ],
)
def test_a_limit_is_explained_and_the_drawing_stays(
    guest: Page, faults: list[str], status: int, code: str, sentence: str
) -> None:
    body = f'{{"error": {{"code": "{code}", "message": "-"}}}}'
    guest.route("**/api/guest/drawings/", lambda route: route.fulfill(status=status, body=body))
    draw(guest)
    ink = dark_share(guest)
    with provoked(guest, faults, str(status)):
        guest.get_by_role("button", name="Predict").click()
    expect(guest.get_by_role("status")).to_contain_text(sentence)
    assert dark_share(guest) == ink > 0


@pytest.mark.long  # waits: 4 s
def test_a_guest_is_told_about_the_queue(guest: Page, service: Site) -> None:
    with paused_worker(service):
        draw(guest)
        guest.get_by_role("button", name="Predict").click()
        expect(guest.get_by_role("status")).to_contain_text("in the queue")
    expect(guest.locator("[data-text]")).to_have_text("7")


def test_a_page_whose_token_has_expired_gets_another_by_itself(guest: Page, faults: list[str]) -> None:
    draw(guest)
    guest.context.clear_cookies()
    with provoked(guest, faults, "403"):
        assert "7" in read_it(guest)


@pytest.mark.long  # two tabs: 3 s
def test_logging_in_in_another_tab_turns_the_guest_into_a_user(
    guest: Page, service: Site, make_account: Account
) -> None:
    draw(guest)
    read_it(guest)
    log_in(guest.context.new_page(), service.url, *make_account("bob"))
    guest.reload()
    arrive(guest, "Draw a digit")
    assert dark_share(guest) == 0  # it was sent, so the page asks about it
    guest.get_by_role("region", name="Keep this drawing?").get_by_role("button", name="Delete").click()
    expect(guest.get_by_text("were deleted.")).to_be_visible()


@pytest.mark.long  # two tabs: 9 s
def test_what_a_guest_draws_while_logging_in_in_another_tab_is_on_the_users_paper(
    guest: Page, service: Site, make_account: Account, faults: list[str]
) -> None:
    log_in(guest.context.new_page(), service.url, *make_account("bob"))
    draw(guest)
    ink = dark_share(guest)
    with provoked(guest, faults, "403"):
        guest.get_by_role("button", name="Predict").click()
        arrive(guest, "Draw a digit")
    assert abs(dark_share(guest) - ink) < 0.02
    assert "7" in read_it(guest)


def test_what_a_guest_has_not_sent_is_on_the_paper_after_the_log_in(
    guest: Page, service: Site, make_account: Account
) -> None:
    guest.route("**/api/guest/**", lambda route: None)  # the log-in comes before a response
    draw(guest)
    ink = dark_share(guest)
    log_in(guest, service.url, *make_account("bob"))
    assert abs(dark_share(guest) - ink) < 0.02
    assert "7" in read_it(guest)
    guest.context.clear_cookies()  # bob's session ended without a log-out
    guest.goto(service.url)
    assert dark_share(guest) == 0


def test_what_a_guest_has_sent_is_not_on_the_paper_after_the_log_in(
    guest: Page, service: Site, make_account: Account
) -> None:
    draw(guest)
    read_it(guest)
    guest.reload()
    log_in(guest, service.url, *make_account("bob"))
    expect(guest.get_by_role("region", name="Keep this drawing?")).to_be_visible()
    assert dark_share(guest) == 0


def test_a_log_out_leaves_nothing_of_what_a_guest_drew(guest: Page, service: Site, make_account: Account) -> None:
    draw(guest)
    log_in(guest, service.url, *make_account("bob"))
    guest.get_by_role("button", name="Log out").click()
    arrive(guest, "Log in")
    assert guest.evaluate("Object.keys(sessionStorage)") == []
