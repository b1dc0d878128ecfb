"""axe finds no fault on any page of second factors, in English and German."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.factors import PASSWORD, by_name, code_of, passkey_device, sign_up
from tests.browser.test_accounts_axe import QUICK_DISPLAYS, SEND, fill, in_each_language
from tests.browser.test_axe import assert_flawless
from tests.site import Site

FACTORS = "/accounts/2fa/"
PASSKEY_SEND = "form[data-passkey=get] button[type=submit]"


@pytest.mark.long  # many pages, in each language
@in_each_language
def test_pages_of_second_factors(service: Site, new_page: OpenPage, language: str) -> None:
    page = new_page(375)
    with passkey_device(page):
        _check_all(page, by_name(service), language)


def _check_all(page: Page, url: str, language: str) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": url}])

    def check(name: str, path: str | None = None) -> None:
        if path is not None:
            page.goto(f"{url}{FACTORS}{path}")
        page.wait_for_load_state("load")
        assert page.locator("html").get_attribute("lang") == language
        assert_flawless(page, f"{name} ({language})", QUICK_DISPLAYS[language])

    user = sign_up(page, url)
    check("second factors, none", "")
    secret = _add_both(page, url, check)
    page.goto(f"{url}{FACTORS}")
    check("second factors, all")
    paths = [page.locator("li a.button").nth(number).get_attribute("href") or "" for number in range(2)]
    for name, path in zip(("rename", "remove"), paths, strict=True):
        check(f"{name} a passkey", path.removeprefix(FACTORS))
    check("remove the app", "totp/deactivate/")
    check("make codes", "recovery-codes/generate/")
    check("confirm by a code", "reauthenticate/")
    check("confirm by a passkey", "webauthn/reauthenticate/")
    page.context.clear_cookies(name="sessionid")
    page.goto(f"{url}/accounts/login/")
    page.locator(PASSKEY_SEND).wait_for()
    check("the log-in where there are passkeys")
    fill(page, login=user, password=PASSWORD)
    page.locator(SEND).first.click()
    page.locator("#id_code").wait_for()
    check("the second factor")
    page.locator("#id_code").fill("000000")
    page.locator("form:has(#id_code) button[type=submit]").first.click()
    page.locator("[aria-invalid=true]").wait_for()
    check("a wrong code")
    assert secret


def _add_both(page: Page, url: str, check: Callable[..., None]) -> str:
    """Add an app and a passkey, and return the app's secret."""
    page.goto(f"{url}{FACTORS}totp/activate/")
    fill(page, password=PASSWORD)
    page.locator(SEND).click()
    page.locator("#key").wait_for()
    check("set an app up")
    secret = page.locator("#key").input_value()
    page.locator("#id_code").fill(code_of(secret))
    page.locator("form:has(#id_code) button[type=submit]").click()
    page.locator("#codes").wait_for()
    check("recovery codes")
    check("recovery codes again", "recovery-codes/")
    page.goto(f"{url}{FACTORS}webauthn/add/")
    page.locator("#id_name").wait_for()
    check("add a passkey")
    page.locator("form[data-passkey] button").click()
    page.locator("ul.list").wait_for()
    return secret
