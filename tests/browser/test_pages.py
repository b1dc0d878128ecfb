"""Sign-up, navigation, access and layout of the pages."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import Account, OpenPage
from tests.browser.person import arrive, draw, log_in, paused_worker, provoked, read_it
from tests.site import Site


def test_a_new_user_signs_up_and_may_draw(service: Site, make_account: Account, new_page: OpenPage) -> None:
    taken, password = make_account("alice")
    free = f"newcomer-{uuid4().hex[:8]}"
    page = new_page()
    page.goto(service.url)
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill(taken)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    sign_up = page.get_by_role("main").get_by_role("button", name="Sign up")
    sign_up.click()
    expect(page.get_by_text("already exists")).to_be_visible()
    page.get_by_label("Username").fill(free)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    sign_up.click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="No drawings yet")).to_be_visible()


def test_the_history_shows_a_drawing_and_its_reading(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="History").click()
    row = alice.get_by_role("main").get_by_role("listitem").first.get_by_role("link", name="Read as 7")
    assert row.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    row.click()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()
    expect(alice.locator("[data-text]")).to_have_text("7")
    expect(alice.get_by_role("list", name="Probability of each digit").get_by_role("listitem")).to_have_count(10)


def test_the_page_of_a_waiting_drawing_shows_its_reading_when_it_arrives(alice: Page, service: Site) -> None:
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        alice.get_by_role("link", name="History").click()
        alice.get_by_role("link", name="Waiting to be read").first.click()
        expect(alice.get_by_role("heading", name="Not read yet")).to_be_visible()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()


@pytest.mark.long  # 20 s; the walk asks for everybody's everything without a browser
def test_another_user_cannot_open_a_drawing(
    alice: Page, sessions: dict[str, StorageState], new_page: OpenPage, faults: list[str]
) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="All about this drawing").click()
    arrive(alice, "Read as 7")
    bob = new_page(storage_state=sessions["bob"])
    with provoked(bob, faults, "404"):
        answer = bob.goto(alice.url)
    assert answer is not None and answer.status == 404
    expect(bob.get_by_role("heading", name="Page not found")).to_be_visible()


def test_pages_ask_to_log_in(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/history/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.url.endswith("?next=/history/")


def test_logging_out_ends_the_session(service: Site, make_account: Account, new_page: OpenPage) -> None:
    page = new_page()
    log_in(page, service.url, *make_account("alice"))
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(f"{service.url}/history/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(service.url)
    expect(page.get_by_role("heading", name="Inkling reads")).to_be_visible()


def test_no_page_is_wider_than_the_smallest_phone(service: Site, make_account: Account, new_page: OpenPage) -> None:
    width = 320  # wider screens: test_axe.py
    page = new_page(width, 740)
    for path in ("/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/login/"):
        page.goto(service.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    log_in(page, service.url, *make_account("alice"))
    draw(page)
    read_it(page)
    for path in ("", "/history/", "/accounts/logout/", "/accounts/email/", "/accounts/password/change/"):
        if path:
            page.goto(service.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize(("language", "log_out"), [("en", "Log out"), ("de", "Abmelden")])
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_navigation_fits_a_phone(
    service: Site,
    logged_in: StorageState,
    sessions: dict[str, StorageState],
    new_page: OpenPage,
    name: str,
    language: str,
    log_out: str,
    width: int,
) -> None:
    page = new_page(width, 740, storage_state=sessions.get(name, logged_in))
    page.context.add_cookies([{"name": "django_language", "value": language, "url": service.url}])
    page.goto(service.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    navigation = page.get_by_role("navigation")
    for part in (navigation.get_by_role("button", name=log_out), *navigation.get_by_role("link").all()):
        expect(part).to_be_in_viewport(ratio=1)
    box = navigation.get_by_role("link", name=name).bounding_box()
    assert box is not None and box["width"] >= 36  # an icon, or enough of the name


def test_a_long_token_name_does_not_widen_the_page(service: Site, new_page: OpenPage, make_account: Account) -> None:
    page = new_page(320, 740)
    log_in(page, service.url, *make_account("alice"))  # in a session of its own, whose key the confirmation changes
    page.goto(f"{service.url}/accounts/tokens/")
    page.get_by_label("Token name").fill("x" * 100)
    page.get_by_role("button", name="Create token").click()
    page.get_by_label("Password").fill(make_account("alice")[1])
    page.get_by_role("button", name="Continue").click()
    ways = {"Your new token": "Done", "API tokens": "Revoke", "Revoke this token?": "Revoke token"}
    for heading, leads_to in ways.items():
        arrive(page, heading)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, leads_to
        way = page.get_by_role("main").get_by_text(leads_to, exact=True).first
        way.scroll_into_view_if_needed()
        expect(way).to_be_in_viewport(ratio=1)
        way.click()
    expect(page.get_by_text("revoked.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(("width", "height"), [(720, 375), (568, 320), (932, 430)])
def test_a_phone_in_landscape_shows_canvas_and_buttons_at_once(
    service: Site, logged_in: StorageState, new_page: OpenPage, width: int, height: int
) -> None:
    page = new_page(width, height, storage_state=logged_in, has_touch=True, is_mobile=True)
    page.goto(service.url)
    for part in (page.locator("[data-canvas]"), *page.locator("[data-pad] :is(.tools, .submit) button").all()):
        expect(part).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_model_page_is_readable_on_a_phone_in_german(service: Site, new_page: OpenPage) -> None:
    page = new_page(375, 740, locale="de")
    page.goto(f"{service.url}/model/")
    for name in page.locator(".facts dt").all():
        assert name.evaluate("dt => dt.scrollWidth <= dt.clientWidth"), name.inner_text()
    frames = page.locator(".table-frame").all()
    assert any(frame.evaluate("frame => frame.scrollWidth > frame.clientWidth") for frame in frames)
    for frame in frames:
        assert "gradient" in frame.evaluate("frame => getComputedStyle(frame).backgroundImage")
    for header in page.locator(".table thead th:first-child").all():  # at the bottom, next to its column
        assert header.evaluate("th => getComputedStyle(th).verticalAlign") == "bottom"


def test_an_expired_form_is_refused_with_an_explanation(service: Site, new_page: OpenPage, faults: list[str]) -> None:
    page = new_page()
    page.goto(f"{service.url}/accounts/login/")
    page.context.clear_cookies()
    page.get_by_label("Username or email").fill("alice")
    page.get_by_label("Password").fill("whatever")
    with provoked(page, faults, "403"):
        page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
