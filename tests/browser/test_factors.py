"""Second factors in a real browser: a passkey of a virtual device, an authenticator app, and a lost device."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.factors import (
    by_name,
    code_of,
    confirm_by_password,
    enter_password,
    follow,
    passkey_device,
    send,
    sign_up,
)
from tests.browser.person import arrive
from tests.site import Site

WRONG = "Wrong code, or one that was used before."


def _open(service: Site, new_page: OpenPage, width: int = 375) -> tuple[Page, str, str]:
    """Return a page of a new user's second factors, the site's address and the user's name."""
    page, url = new_page(width), by_name(service)
    name = sign_up(page, url)
    page.goto(f"{url}/accounts/profile/")
    follow(page, "Second factors")
    arrive(page, "Second factors")
    return page, url, name


def _log_out(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/logout/")
    arrive(page, "Log out")
    send(page, "Log out")
    arrive(page, "Log in")


def _set_up_app(page: Page) -> tuple[str, list[str]]:
    """Set an app up; return its secret and the recovery codes."""
    follow(page, "Set up an app")
    confirm_by_password(page)
    arrive(page, "Set up an authenticator app")
    secret = page.get_by_label("Key, if you cannot scan").input_value()
    image = page.get_by_role("img", name="QR code")
    assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    page.get_by_label("Code from the app").fill(code_of(secret))
    send(page, "Set up")
    arrive(page, "Recovery codes")
    return secret, page.get_by_label("Your codes").input_value().split()


def test_a_passkey_is_added_and_logs_in_alone_and_as_the_second_factor(service: Site, new_page: OpenPage) -> None:
    page, url, name = _open(service, new_page)
    with passkey_device(page):
        follow(page, "Add a passkey")
        confirm_by_password(page)
        arrive(page, "Add a passkey")
        page.get_by_label("Name").fill("my phone")
        send(page, "Add the passkey")
        arrive(page, "Recovery codes")
        follow(page, "I have kept them")
        expect(page.get_by_role("list", name="Passkeys").get_by_role("listitem")).to_contain_text("my phone")
        _log_out(page, url)
        send(page, "Log in with a passkey")
        arrive(page, "Draw a digit")
        _log_out(page, url)
        enter_password(page, url, name)
        send(page, "Use a passkey")
        arrive(page, "Draw a digit")
        page.goto(f"{url}/accounts/2fa/")
        follow(page, "Remove my phone")
        arrive(page, "Confirm that it is you")
        send(page, "Use a passkey")
        arrive(page, "Remove this passkey?")
        send(page, "Remove the passkey")
        arrive(page, "Second factors")
        assert page.evaluate("window.reports ?? []") == []


@pytest.mark.long  # 8 s; tests of accounts show the same without a browser
def test_a_code_logs_in_and_after_a_loss_a_recovery_code_does_once(service: Site, new_page: OpenPage) -> None:
    page, url, name = _open(service, new_page)
    secret, codes = _set_up_app(page)
    with page.expect_download() as saved:
        send(page, "Download")
    assert saved.value.path().read_text().split() == codes
    follow(page, "I have kept them")
    _log_out(page, url)
    enter_password(page, url, name)
    page.get_by_label("Code").fill(code_of(secret, 1))
    send(page, "Log in")
    arrive(page, "Draw a digit")
    _log_out(page, url)
    enter_password(page, url, name)
    page.get_by_label("Code").fill(codes[0])
    send(page, "Log in")
    arrive(page, "Draw a digit")
    _log_out(page, url)
    enter_password(page, url, name)
    page.get_by_label("Code").fill(codes[0])
    send(page, "Log in")
    expect(page.get_by_text(WRONG)).to_be_visible()
    send(page, "Cancel")
    arrive(page, "Log in")
    assert page.evaluate("window.reports ?? []") == []


@pytest.mark.long  # says nothing of the browser that the tests of accounts don't, and fills the limit of an address
def test_the_sixth_wrong_code_is_refused(service: Site, new_page: OpenPage) -> None:
    page, url, name = _open(service, new_page, 1280)
    secret, _codes = _set_up_app(page)
    _log_out(page, url)
    page.context.clear_cookies()
    enter_password(page, url, name)
    for _ in range(5):
        page.get_by_label("Code").fill("000000")
        send(page, "Log in")
        expect(page.get_by_text(WRONG)).to_be_visible()
    for code in ("000000", code_of(secret, 1)):
        page.get_by_label("Code").fill(code)
        send(page, "Log in")
        expect(page.get_by_text("Too many attempts. Try again in a few minutes.")).to_be_visible()


@pytest.mark.long  # a rare browser
def test_without_passkeys_in_the_browser_nothing_offers_them(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/accounts/login/")  # by its IP address
    arrive(page, "Log in")
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    sign_up(page, service.url)
    page.goto(f"{service.url}/accounts/2fa/webauthn/add/")
    confirm_by_password(page)
    expect(page.get_by_text("This browser can't use passkeys here.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_hidden()


@pytest.mark.long  # the device's errors
def test_a_passkey_that_is_not_there_is_told(service: Site, new_page: OpenPage) -> None:
    page, url = new_page(), by_name(service)
    page.goto(f"{url}/accounts/login/")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    send(page, "Log in with a passkey")
    expect(page.get_by_text("No passkey was used. Try again, or choose another way.")).to_be_visible()


@pytest.mark.long  # as above
def test_a_made_up_passkey_is_refused_with_a_message(service: Site, new_page: OpenPage) -> None:
    page, url = new_page(), by_name(service)
    page.goto(f"{url}/accounts/login/")
    arrive(page, "Log in")
    page.evaluate(
        """() => {
            const form = document.querySelector("form[data-passkey]");
            form.elements.credential.value = '{"id": "AA"}';
            form.submit();
        }"""
    )
    expect(page.get_by_text("This passkey was not accepted. Try again, or choose another way.")).to_be_visible()
