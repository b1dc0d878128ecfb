"""axe finds no fault on any account page, in English and German.

The quick set checks the English pages on a phone in light and the German ones on a desktop in dark.
"""

from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.person import mailed_link
from tests.browser.test_axe import DESKTOP_DARK, PHONE_LIGHT, assert_flawless
from tests.site import Site

PASSWORD = "draws digits well"
SEND = "main form:not([data-passkey]) button[type=submit]"
PUBLIC = ("login", "signup", "password/reset", "password/reset/done", "password/reset/key/1-x", "confirm-email/x")
LOGGED_IN = (
    "logout",
    "password/change",
    "email",
    "profile",
    "sessions",
    "tokens",
    "data",
    "activity",
    "reauthenticate",
)
QUICK_DISPLAYS = {"en": PHONE_LIGHT, "de": DESKTOP_DARK}
in_each_language = pytest.mark.parametrize(
    "language", ["en", pytest.param("de", marks=pytest.mark.long)]
)  # German is on the other display


@pytest.mark.long  # the pages of accounts take 15 s
@in_each_language
def test_account_pages(service: Site, new_page: OpenPage, language: str) -> None:
    page = _open(service, new_page, language)

    def check(path: str) -> None:
        page.goto(f"{service.url}/accounts/{path}/")
        assert page.locator("html").get_attribute("lang") == language
        assert_flawless(page, f"{path} ({language})", QUICK_DISPLAYS[language])

    for path in PUBLIC:
        check(path)
    _sign_up(page, service, language)
    for path in LOGGED_IN:
        check(path)
    fill(page, password=PASSWORD)  # of the last page, after which an account can be deleted
    page.locator(SEND).click()
    page.wait_for_url(lambda url: "reauthenticate" not in url)
    check("data/delete")
    fill(page, name="somebody else")
    page.locator(SEND).click()
    page.locator("#id_name[aria-invalid=true]").wait_for()
    assert_flawless(page, f"a deletion with a mistake ({language})", QUICK_DISPLAYS[language])


@pytest.mark.long  # rarer states: 5 s
@in_each_language
def test_account_pages_after_errors_mails_and_token_changes(service: Site, new_page: OpenPage, language: str) -> None:
    page = _open(service, new_page, language)
    page.goto(f"{service.url}/accounts/login/")
    fill(page, login="nobody", password="a guess")
    page.locator(SEND).click()
    page.locator("main [role=alert]").wait_for()
    assert_flawless(page, f"a mistake ({language})", QUICK_DISPLAYS[language])
    address = _sign_up(page, service, language)
    page.goto(mailed_link(service, address))
    assert_flawless(page, f"confirm ({language})", QUICK_DISPLAYS[language])
    page.locator(SEND).click()
    page.wait_for_url(lambda url: "confirm-email" not in url)
    page.goto(f"{service.url}/accounts/tokens/")
    _check_token_pages(page, service, language)
    page.context.clear_cookies(name="sessionid")
    page.goto(f"{service.url}/accounts/password/reset/")
    fill(page, email=address)
    page.locator(SEND).click()
    page.wait_for_url("**/done/")
    page.goto(mailed_link(service, address))
    page.locator("#id_password1").wait_for()
    assert_flawless(page, f"choose a password ({language})", QUICK_DISPLAYS[language])


def _open(service: Site, new_page: OpenPage, language: str) -> Page:
    page = new_page(375)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": service.url}])
    return page


def _sign_up(page: Page, service: Site, language: str) -> str:
    """Sign up, after one attempt with an error, and return the email address."""
    name = f"dora-{uuid4().hex[:8]}"
    page.goto(f"{service.url}/accounts/signup/")
    fill(page, username=name, email=f"{name}@example.org", password1=PASSWORD, password2="another one")
    page.locator(SEND).click()
    page.locator("[aria-invalid=true]").first.wait_for()
    assert_flawless(page, f"signup with a mistake ({language})", QUICK_DISPLAYS[language])
    fill(page, password1=PASSWORD, password2=PASSWORD)
    page.locator(SEND).click()
    page.wait_for_url(f"{service.url}/")
    return f"{name}@example.org"


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"main #id_{name}").fill(value)


def _check_token_pages(page: Page, service: Site, language: str) -> None:
    make = page.locator("form[action$='/tokens/'] button")
    page.locator("#id_name").fill("laptop")
    make.click()
    fill(page, password=PASSWORD)
    page.locator(SEND).click()
    page.locator("#token").wait_for()
    assert_flawless(page, f"a new token ({language})", QUICK_DISPLAYS[language])
    page.goto(f"{service.url}/accounts/tokens/")
    assert_flawless(page, f"tokens ({language})", QUICK_DISPLAYS[language])
    page.locator("#id_name").fill("laptop")
    make.click()
    page.locator("#id_name[aria-invalid=true]").wait_for()
    assert_flawless(page, f"tokens with a mistake ({language})", QUICK_DISPLAYS[language])
    page.goto(f"{service.url}/accounts/tokens/")
    page.locator("li a.button").click()
    page.locator("form[action$='/revoke/']").wait_for()
    assert_flawless(page, f"revoke ({language})", QUICK_DISPLAYS[language])


@pytest.mark.long  # signs up, in each language
@in_each_language
def test_webhook_pages(service: Site, new_page: OpenPage, language: str) -> None:
    page = _open(service, new_page, language)
    _sign_up(page, service, language)
    page.goto(f"{service.url}/webhooks/")
    assert_flawless(page, f"no webhooks ({language})", QUICK_DISPLAYS[language])
    page.locator("#id_url").fill("https://127.0.0.1/")
    page.locator(".narrow-form button").click()
    page.locator("#id_url[aria-invalid=true]").wait_for()
    assert_flawless(page, f"webhooks with a mistake ({language})", QUICK_DISPLAYS[language])
    page.locator("#id_url").fill("https://webhooks.example.org/a-path-that-is-rather-long/for-a-phone")
    page.locator(".narrow-form button").click()
    page.locator("#secret").wait_for()
    assert_flawless(page, f"the secret of a webhook ({language})", QUICK_DISPLAYS[language])
    page.goto(f"{service.url}/webhooks/")
    page.locator("form[action$='/test/'] button").click()
    page.locator(".webhook li").wait_for()
    assert_flawless(page, f"webhooks ({language})", QUICK_DISPLAYS[language])
    page.locator(".webhook a.button").click()
    page.locator("form[action$='/remove/']").wait_for()
    assert_flawless(page, f"a webhook to remove ({language})", QUICK_DISPLAYS[language])
