"""Account pages in a real browser: sign-up, passwords, mailed links, email change, tokens and language."""

from collections.abc import Callable
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import on_every_screen
from tests.browser.person import Hand, arrive, mailed_link
from tests.site import Site

PASSWORD, OTHER = "draws digits well", "draws digits better"

pytestmark = on_every_screen
NewUser = tuple[Hand, str]


@pytest.fixture
def new_user(service: Site, hand: Hand) -> NewUser:
    """Sign a new user up without a browser; return the browser on the drawing page, and the name."""
    name, address = f"dora-{uuid4().hex[:8]}", f"{service.url}/accounts/signup/"
    given = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD}
    with requests.Session() as form:
        form.get(address, timeout=30)
        given["csrfmiddlewaretoken"] = form.cookies["csrftoken"]
        assert form.post(address, given, timeout=30, allow_redirects=False).status_code == 302
        hand.page.context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "url": service.url} for cookie in form.cookies]
        )
    hand.page.goto(service.url)
    arrive(hand.page, "Draw a digit")
    return hand, name


def _open_profile(hand: Hand, name: str) -> Page:
    hand.touch(hand.page.get_by_role("navigation").get_by_role("link", name=name))
    arrive(hand.page, "Profile")
    return hand.page


def _log_out(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("button", name="Log out"))
    arrive(hand.page, "Log in")


def _log_in(hand: Hand, name: str, password: str) -> None:
    hand.page.get_by_label("Username or email").fill(name)
    hand.page.get_by_label("Password").fill(password)
    hand.press("button", "Log in")
    arrive(hand.page, "Draw a digit")


def _confirm(service: Site, hand: Hand, name: str) -> None:
    """Open the link that was mailed at sign-up: before that, the address logs nobody in and gets no reset."""
    hand.page.goto(mailed_link(service, f"{name}@example.org", "Confirm your email address for Inkling"))
    hand.press("button", "Confirm")
    expect(hand.page.get_by_text(f"{name}@example.org confirmed.")).to_be_visible()


def test_a_new_user_signs_up_logs_out_and_in_again(service: Site, hand: Hand) -> None:
    name, page = f"dora-{uuid4().hex[:8]}", hand.page
    page.goto(service.url)
    hand.press("link", "Sign up")
    arrive(page, "Sign up")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    hand.press("button", "Sign up")
    arrive(page, "Draw a digit")
    _confirm(service, hand, name)
    for login in (name, f"{name}@example.org"):
        _log_out(hand)
        _log_in(hand, login, PASSWORD)


def test_a_forgotten_password_is_reset_by_the_mailed_link(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    _confirm(service, hand, name)
    _log_out(hand)
    page = hand.page
    hand.press("link", "Forgot your password?")
    arrive(page, "Reset your password")
    page.get_by_label("Email").fill(f"{name}@example.org")
    hand.press("button", "Send the link")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.goto(mailed_link(service, f"{name}@example.org", "Reset your Inkling password"))
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill("something else")
    hand.press("button", "Change password")
    expect(page.get_by_text("You must type the same password each time.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    hand.press("button", "Change password")
    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()
    hand.press("link", "Log in")
    _log_in(hand, name, OTHER)


def test_a_password_is_changed_in_the_profile(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    page = _open_profile(hand, name)
    hand.press("link", "Password")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    hand.press("button", "Change password")
    expect(page.get_by_text("Password changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    _log_out(hand)
    _log_in(hand, name, OTHER)


def test_the_email_address_is_changed_by_the_mailed_link(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    new = f"new-{name}@example.org"
    page = _open_profile(hand, name)
    hand.press("link", "Change your email address")
    page.get_by_label("New email address").fill(new)
    hand.press("button", "Send the link")
    expect(page.get_by_role("heading", name="Confirm your password")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    hand.press("button", "Continue")
    expect(page.get_by_text(f"We sent an email to {new}.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text("not confirmed yet")).to_have_count(1)  # it replaced the one of the sign-up
    page.goto(mailed_link(service, new, "Confirm your email address for Inkling"))
    hand.press("button", "Confirm")
    expect(page.get_by_text(f"{new} confirmed.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text(new)).to_be_visible()
    expect(page.get_by_text("not confirmed yet")).to_be_hidden()


def test_a_token_is_created_used_and_revoked(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    page = _open_profile(hand, name)
    hand.press("link", "API tokens")
    page.get_by_label("Token name").fill("laptop")
    page.get_by_label("Days until it expires").fill("30")
    hand.press("button", "Create token")
    page.get_by_label("Password").fill(PASSWORD)
    hand.press("button", "Continue")
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    text = page.get_by_label("Token").input_value()
    works = _token_check(service, text)
    assert works()
    assert text not in page.url
    hand.press("link", "Done")
    row = page.get_by_role("list", name="API tokens").get_by_role("listitem")
    expect(row).to_contain_text("laptop")
    expect(row).to_contain_text("expires on")
    assert text not in page.content()
    hand.press("link", "Revoke laptop")
    hand.press("link", "Cancel")
    assert works()
    hand.press("link", "Revoke laptop")
    hand.press("button", "Revoke token")
    expect(page.get_by_text("Token “laptop” revoked.")).to_be_visible()
    assert not works()


def test_the_language_is_chosen_in_the_profile(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    page = _open_profile(hand, name)
    page.get_by_label("Language of these pages").select_option("de")
    hand.press("button", "Save language")
    expect(page.get_by_role("heading", name="Profil", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(service.url)
    assert page.locator("html").get_attribute("lang") == "de"


def _token_check(service: Site, token: str) -> Callable[[], bool]:
    def works() -> bool:
        url = f"{service.url}/api/v1/submissions/00000000-0000-0000-0000-000000000000/"
        return requests.get(url, headers={"Authorization": f"Token {token}"}, timeout=10).status_code == 404

    return works
