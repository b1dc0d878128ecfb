"""The pages around drawing: sign-up, history, one item, and whose they are."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import draw, log_in, read_it

Account = Callable[[str], tuple[str, str]]


def test_a_newcomer_signs_up_and_may_draw(service: Any, make_account: Account, new_page: Any) -> None:
    taken, password = make_account("newcomer")
    page = new_page()
    page.goto(service.url)
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill(taken)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    sign_up = page.get_by_role("main").get_by_role("button", name="Sign up")
    sign_up.click()
    expect(page.get_by_text("already exists")).to_be_visible()
    page.get_by_label("Username").fill(f"{taken}-two")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    sign_up.click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Nothing drawn yet")).to_be_visible()


def test_history_keeps_what_was_drawn_and_shows_its_reading(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="History").click()
    row = alice.get_by_role("link", name="Read as 7")
    expect(row).to_have_count(1)
    assert row.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    row.click()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()
    expect(alice.locator("[data-text]")).to_have_text("7")
    expect(alice.get_by_role("list", name="How likely each digit is").get_by_role("listitem")).to_have_count(10)


def test_a_stranger_cannot_open_the_item(
    alice: Page, service: Any, make_account: Account, new_page: Any, faults: list[str]
) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="History").click()
    alice.get_by_role("link", name="Read as 7").click()
    bob = new_page()
    log_in(bob, service.url, *make_account("bob"))
    answer = bob.goto(alice.url)
    assert answer is not None and answer.status == 404
    expect(bob.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert "404" in faults.pop()


def test_who_is_not_logged_in_is_asked_to(service: Any, new_page: Any) -> None:
    page = new_page()
    page.goto(f"{service.url}/history/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.url.endswith("?next=/history/")


def test_logging_out_ends_the_session(alice: Page, service: Any) -> None:
    alice.get_by_role("button", name="Log out").click()
    expect(alice.get_by_role("heading", name="Log in")).to_be_visible()
    alice.goto(service.url)
    expect(alice.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_is_wider_than_the_screen(service: Any, make_account: Account, new_page: Any, width: int) -> None:
    page = new_page(width, 740)
    for path in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/login/"):
        page.goto(service.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    log_in(page, service.url, *make_account("alice"))
    draw(page)
    read_it(page)
    for path in ("", "/history/", "/accounts/logout/", "/accounts/email/", "/accounts/password/change/"):
        if path:
            page.goto(service.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
