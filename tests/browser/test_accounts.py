"""One's account by a real browser: sign up, passwords, the mailed links, the e-mail, tokens, the language."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import log_in
from tests.site import Site

PASSWORD, OTHER = "draws digits well", "draws digits better"
SENT = 0  # post_office's word for it
WIDTHS = [375, 1280]

pytestmark = pytest.mark.parametrize("width", WIDTHS)
Newcomer = tuple[Page, str]


@pytest.fixture
def newcomer(service: Site, new_page: OpenPage, width: int) -> Newcomer:
    """Somebody who has just signed up, on the drawing page, and their name."""
    name = f"dora-{uuid4().hex[:8]}"
    page = new_page(width, 740, has_touch=width < 500, is_mobile=width < 500)
    page.goto(f"{service.url}/accounts/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="Draw a digit").wait_for()
    return page, name


def _open_profile(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()


def _log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def _mailed_link(service: Site, address: str, subject: str) -> str:
    """Wait until a worker has sent that mail, and give the link in it."""
    found: list[str] = []

    def is_sent() -> bool:
        rows = service.query(
            'SELECT message FROM post_office_email WHERE status = %s AND "to" = %s AND subject = %s ORDER BY id DESC',
            SENT,
            address,
            subject,
        )
        found.extend(row[0] for row in rows[:1])
        return bool(found)

    service.wait_until(is_sent, 30)
    link = re.search(r"http\S+", found[0])
    assert link, found[0]
    return link[0]


def test_a_newcomer_logs_out_and_in_again(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    _log_out(page)
    log_in(page, service.url, name, PASSWORD)
    _log_out(page)
    log_in(page, service.url, f"{name}@example.org", PASSWORD)


def test_a_forgotten_password_is_reset_by_the_mailed_link(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    _log_out(page)
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(_mailed_link(service, f"{name}@example.org", "Choose a new password for Inkling"))
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill("something else")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("You must type the same password each time.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    log_in(page, service.url, name, OTHER)


def test_a_password_is_changed_in_the_profile(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    _open_profile(page, name)
    page.get_by_role("link", name="Change your password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    _log_out(page)
    log_in(page, service.url, name, OTHER)


def test_an_email_is_changed_by_the_mailed_link(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    new = f"new-{name}@example.org"
    _open_profile(page, name)
    page.get_by_role("link", name="Change your e-mail").click()
    page.get_by_label("New e-mail").fill(new)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(f"A mail to {new} is on its way.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text("not confirmed yet")).to_have_count(2)  # the present one, and the one that waits
    page.goto(_mailed_link(service, new, "Confirm your e-mail at Inkling"))
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_text(f"{new} is confirmed.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text(new)).to_be_visible()
    expect(page.get_by_text("not confirmed yet")).to_be_hidden()


def test_a_token_is_made_used_and_revoked(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    _open_profile(page, name)
    page.get_by_label("What is it for?").fill("laptop")
    page.get_by_label("Days until it expires (optional)").fill("30")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    text = page.get_by_label("Token").input_value()
    opens = _api_door(service, text)
    assert opens()
    assert text not in page.url
    page.get_by_role("link", name="I have it").click()
    row = page.get_by_role("list", name="API tokens").get_by_role("listitem")
    expect(row).to_contain_text("laptop")
    expect(row).to_contain_text("expires on")
    assert text not in page.content()
    page.get_by_role("link", name="Revoke laptop").click()
    page.get_by_role("link", name="Keep it").click()
    assert opens()
    page.get_by_role("link", name="Revoke laptop").click()
    page.get_by_role("button", name="Revoke the token").click()
    expect(page.get_by_text("The token “laptop” is revoked.")).to_be_visible()
    assert not opens()


def test_the_language_is_chosen_in_the_profile(service: Site, newcomer: Newcomer, width: int) -> None:
    page, name = newcomer
    _open_profile(page, name)
    page.get_by_label("The language of these pages").select_option("de")
    page.get_by_role("button", name="Use this language").click()
    expect(page.get_by_role("heading", name="Profil", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(service.url)
    assert page.locator("html").get_attribute("lang") == "de"


def _api_door(service: Site, token: str) -> Callable[[], bool]:
    def opens() -> bool:
        url = f"{service.url}/api/v1/submissions/00000000-0000-0000-0000-000000000000/"
        return requests.get(url, headers={"Authorization": f"Token {token}"}, timeout=10).status_code == 404

    return opens
