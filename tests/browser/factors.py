"""People with second factors in a real browser: a device that makes passkeys, and codes of an authenticator app."""

import contextlib
import time
from collections.abc import Iterator
from uuid import uuid4

import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page

from tests.browser.person import arrive
from tests.site import Site

PASSWORD = "draws digits well"


def by_name(service: Site) -> str:
    """Return the site's address by a name: browsers make no passkeys for IP addresses."""
    return service.url.replace("127.0.0.1", "localhost")


def sign_up(page: Page, url: str) -> str:
    """Sign a new user up without a browser, log them in in the page's, and return their name."""
    name = f"dora-{uuid4().hex[:8]}"
    given = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD}
    with requests.Session() as form:
        form.get(f"{url}/accounts/signup/", timeout=30)
        given["csrfmiddlewaretoken"] = form.cookies["csrftoken"]
        answer = form.post(f"{url}/accounts/signup/", given, timeout=30, allow_redirects=False)
        assert answer.status_code == 302
        page.context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "url": url} for cookie in form.cookies]
        )
    return name


@contextlib.contextmanager
def passkey_device(page: Page) -> Iterator[None]:
    """Give the browser a device that makes passkeys, and whose holder always puts the finger on it."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": kind | {"isUserVerified": True}})
    yield
    browser.send("WebAuthn.disable")


def send(page: Page, button: str) -> None:
    """Press a button of the page's main part."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    """Follow a link of the page's main part."""
    page.get_by_role("main").get_by_role("link", name=link, exact=True).click()


def confirm_by_password(page: Page) -> None:
    """Enter the password on the page that asks for it again."""
    arrive(page, "Confirm your password")
    page.get_by_label("Password").fill(PASSWORD)
    send(page, "Continue")


def enter_password(page: Page, url: str, name: str) -> None:
    """Send name and password of somebody with a second factor."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    send(page, "Log in")
    arrive(page, "Second factor")


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code that an authenticator app shows now, or `steps` of 30 s later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))
