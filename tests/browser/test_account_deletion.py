"""Somebody deletes their account in a real browser, by keys alone, and nothing is left in it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import on_every_screen
from tests.browser.person import Hand, arrive
from tests.browser.test_accounts import PASSWORD, NewUser, new_user
from tests.site import Site

pytestmark = on_every_screen
__all__ = ["new_user"]


def _press(hand: Hand, name: str) -> None:
    """Move to a link or button by Tab, and press Enter."""
    page = hand.page
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


@pytest.mark.long  # 15 s; tests of accounts delete them without a browser
def test_an_account_is_deleted_by_keys(service: Site, new_user: NewUser) -> None:
    hand, name = new_user
    page = hand.page
    page.goto(f"{service.url}/accounts/data/")
    arrive(page, "Your data")
    page.evaluate("localStorage.setItem('left', 'behind')")
    _press(hand, "Delete my account")
    arrive(page, "Confirm your password")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(page, "Delete your account")
    page.get_by_label("Your username").fill("somebody-else")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your username. Nothing was deleted.")).to_be_visible()
    page.get_by_label("Your username").fill(name)
    page.keyboard.press("Enter")
    arrive(page, "Your account was deleted")
    assert page.evaluate("localStorage.length") == 0 and page.context.cookies(service.url) == []
    assert service.query("SELECT count(*) FROM accounts_user WHERE username = %s", name) == [(0,)]
    page.goto(f"{service.url}/accounts/profile/")
    arrive(page, "Log in")
