"""One's account by a real browser: sign up, passwords, the mailed links, the e-mail, tokens, the language."""

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
Newcomer = tuple[Hand, str]


@pytest.fixture
def newcomer(service: Site, hand: Hand) -> Newcomer:
    """Somebody who has just signed up, on the drawing page, and their name."""
    name, page = f"dora-{uuid4().hex[:8]}", hand.page
    page.goto(service.url)
    hand.press("link", "Sign up")
    arrive(page, "Sign up")
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    hand.press("button", "Sign up")
    arrive(page, "Draw a digit")
    return hand, name


def _open_profile(hand: Hand, name: str) -> Page:
    hand.touch(hand.page.get_by_role("navigation").get_by_role("link", name=name))
    arrive(hand.page, "Profile")
    return hand.page


def _log_out(hand: Hand) -> None:
    hand.touch(hand.page.get_by_role("button", name="Log out"))
    arrive(hand.page, "Log in")


def _log_in(hand: Hand, name: str, password: str) -> None:
    hand.page.get_by_label("Username or e-mail").fill(name)
    hand.page.get_by_label("Password").fill(password)
    hand.press("button", "Log in")
    arrive(hand.page, "Draw a digit")


def test_a_newcomer_logs_out_and_in_again(newcomer: Newcomer) -> None:
    hand, name = newcomer
    for known_as in (name, f"{name}@example.org"):
        _log_out(hand)
        _log_in(hand, known_as, PASSWORD)


def test_a_forgotten_password_is_reset_by_the_mailed_link(service: Site, newcomer: Newcomer) -> None:
    hand, name = newcomer
    _log_out(hand)
    page = hand.page
    hand.press("link", "Forgot your password?")
    arrive(page, "Reset your password")
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    hand.press("button", "Send the link")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(mailed_link(service, f"{name}@example.org", "Choose a new password for Inkling"))
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill("something else")
    hand.press("button", "Change the password")
    expect(page.get_by_text("You must type the same password each time.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    hand.press("button", "Change the password")
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    hand.press("link", "Log in")
    _log_in(hand, name, OTHER)


def test_a_password_is_changed_in_the_profile(service: Site, newcomer: Newcomer) -> None:
    hand, name = newcomer
    page = _open_profile(hand, name)
    hand.press("link", "Change your password")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password (again)").fill(OTHER)
    hand.press("button", "Change the password")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    _log_out(hand)
    _log_in(hand, name, OTHER)


def test_an_email_is_changed_by_the_mailed_link(service: Site, newcomer: Newcomer) -> None:
    hand, name = newcomer
    new = f"new-{name}@example.org"
    page = _open_profile(hand, name)
    hand.press("link", "Change your e-mail")
    page.get_by_label("New e-mail").fill(new)
    hand.press("button", "Send the link")
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    hand.press("button", "Go on")
    expect(page.get_by_text(f"A mail to {new} is on its way.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text("not confirmed yet")).to_have_count(2)  # the present one, and the one that waits
    page.goto(mailed_link(service, new, "Confirm your e-mail at Inkling"))
    hand.press("button", "Yes, it is mine")
    expect(page.get_by_text(f"{new} is confirmed.")).to_be_visible()
    page.goto(f"{service.url}/accounts/profile/")
    expect(page.get_by_text(new)).to_be_visible()
    expect(page.get_by_text("not confirmed yet")).to_be_hidden()


def test_a_token_is_made_used_and_revoked(service: Site, newcomer: Newcomer) -> None:
    hand, name = newcomer
    page = _open_profile(hand, name)
    page.get_by_label("What is it for?").fill("laptop")
    page.get_by_label("Days until it expires (optional)").fill("30")
    hand.press("button", "Make a token")
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    text = page.get_by_label("Token").input_value()
    opens = _api_door(service, text)
    assert opens()
    assert text not in page.url
    hand.press("link", "I have it")
    row = page.get_by_role("list", name="API tokens").get_by_role("listitem")
    expect(row).to_contain_text("laptop")
    expect(row).to_contain_text("expires on")
    assert text not in page.content()
    hand.press("link", "Revoke laptop")
    hand.press("link", "Keep it")
    assert opens()
    hand.press("link", "Revoke laptop")
    hand.press("button", "Revoke the token")
    expect(page.get_by_text("The token “laptop” is revoked.")).to_be_visible()
    assert not opens()


def test_the_language_is_chosen_in_the_profile(service: Site, newcomer: Newcomer) -> None:
    hand, name = newcomer
    page = _open_profile(hand, name)
    page.get_by_label("The language of these pages").select_option("de")
    hand.press("button", "Use this language")
    expect(page.get_by_role("heading", name="Profil", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(service.url)
    assert page.locator("html").get_attribute("lang") == "de"


def _api_door(service: Site, token: str) -> Callable[[], bool]:
    def opens() -> bool:
        url = f"{service.url}/api/v1/submissions/00000000-0000-0000-0000-000000000000/"
        return requests.get(url, headers={"Authorization": f"Token {token}"}, timeout=10).status_code == 404

    return opens
