"""No page of an account has a fault that axe finds, on phone and desktop, light and dark, in either language."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.test_axe import assert_flawless
from tests.site import Site

PASSWORD = "draws digits well"
FOR_ALL = ("login", "signup", "password/reset", "password/reset/done", "password/reset/key/1-x", "confirm-email/x")
ONES_OWN = ("logout", "password/change", "email", "profile")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_pages_of_an_account(service: Site, new_page: OpenPage, language: str) -> None:
    page = new_page(375)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": service.url}])

    def look_at(path: str) -> None:
        page.goto(f"{service.url}/accounts/{path}/")
        assert page.locator("html").get_attribute("lang") == language
        assert_flawless(page, f"{path} ({language})")

    for path in FOR_ALL:
        look_at(path)
    page.goto(f"{service.url}/accounts/signup/")
    name = f"dora-{uuid4().hex[:8]}"
    for field, value in (("username", name), ("password1", PASSWORD), ("password2", PASSWORD)):
        page.locator(f"#id_{field}").fill(value)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(f"{service.url}/")
    for path in ONES_OWN:
        look_at(path)
    _look_at_a_tokens_life(page, service)


def _look_at_a_tokens_life(page: Page, service: Site) -> None:
    make = page.locator("form[action$='/tokens/'] button")
    page.locator("#id_name").fill("laptop")
    make.click()
    page.locator("#token").wait_for()
    assert_flawless(page, "a new token")
    page.goto(f"{service.url}/accounts/profile/")
    assert_flawless(page, "the profile with a token")
    page.locator("#id_name").fill("laptop")
    make.click()
    page.locator("#id_name[aria-invalid=true]").wait_for()
    assert_flawless(page, "the profile with a mistake")
    page.goto(f"{service.url}/accounts/profile/")
    page.locator("li a.button").click()
    page.locator("form[action$='/revoke/']").wait_for()
    assert_flawless(page, "revoke")
