"""axe-core finds no problem on any page, on phone and desktop, light and dark, and the console reports none.

The quick set checks the main pages on a phone in light and on a desktop in dark, all others on one of these; the long
set checks each in all four looks.

SCREENSHOTS=folder make test ARGS=tests/browser also takes a screenshot of every page, for a person to check.
"""

import base64
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from predictions.pages.history.listing import PAGE_SIZE
from tests.browser.conftest import OpenPage
from tests.browser.outages import forgive_outage
from tests.browser.person import FIVE_STROKES, arrive, draw, paused_worker, read_it
from tests.site import Site

LOOKED_AT = {  # here, and in the other test_*_axe.py, and in test_exports.py
    *("draw", "history", "exports", "item", "model", "offline", "review-mode", "accuracy", "agreement"),
    *("read-again-newest", "read-again-request"),
    *("profile", "sessions", "tokens", "revoke_token", "account_data", "delete_account", "activity"),
    *("account_login", "account_logout", "account_signup", "account_inactive", "account_reauthenticate"),
    *("account_email", "account_confirm_email", "account_email_verification_sent", "account_change_password"),
    *("account_reset_password", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_edit_webauthn"),
    *("mfa_remove_webauthn", "mfa_reauthenticate_webauthn"),
    "own-statistics",
    *("sheets", "new-sheet", "sheet", "check-sheet", "sheet-columns", "sheet-demo"),
    *("sheet-templates", "new-sheet-template", "sheet-template", "edit-sheet-template"),  # test_sheet_templates.py
    *("site-status", "run-task", "retry-failed"),
    "webhooks",
}
NO_PAGES = {
    # for POST only
    *("review", "withdraw-review", "retry", "explain", "read-again", "delete", "restore"),
    *("count-selected", "delete-selected", "restore-selected", "read-selected-again", "read-more-again"),
    *("delete-export", "export-file", "sheet-demo-picture", "sheet-workbook", "sheet-page-picture", "delete-sheet"),
    *("rename-sheet", "accept-cells", "undo-cells", "add-sheet-pages"),
    *("retake-sheet-page", "remove-sheet-page", "move-sheet-page"),
    *("test-webhook", "rotate-webhook", "remove-webhook", "retry-webhook"),
    *("archive-sheet-template", "restore-sheet-template", "sheet-template-pdf"),
    *("train", "stop-training", "lane", "save-filter", "delete-filter"),
    *("set_language", "save_preferences", "save_training", "export_activity", "end_session", "end_other_sessions"),
    *("keep-guest-drawings", "discard-guest-drawings"),
    *("review-turn", "review-entries", "review-image"),
    *("submission-thumbnail", "submission-image", "submission-animation"),
    *("browser-network", "manifest", "service-worker", "security-txt", None),
    *("mfa_list_webauthn", "mfa_login_webauthn"),  # redirect
    "open_invitation",  # leads to the sign-up
    # there is no single sign-on here
    *("openid_connect_login", "openid_connect_callback", "socialaccount_connections", "socialaccount_signup"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
    *("account_set_password", "account_confirm_login_code"),  # there is no log-in by code
}
Display = tuple[int, str]
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
ON_ALL_DISPLAYS = bool(SCREENSHOTS) or os.environ.get("AXE_LOOKS") == "all"
PHONE_LIGHT, DESKTOP_DARK = (375, "light"), (1280, "dark")
BOTH = (PHONE_LIGHT, DESKTOP_DARK)
ALL_DISPLAYS = (*BOTH, (375, "dark"), (1280, "light"))
AXE = Axe()
ERRORS = ("400", "403", "403_csrf", "404", "405", "429", "500", "503")
# axe parses style sheets with an @import again, in a style element that the site's policy refuses. No default rule
# needs that; "media" keeps what no-autoplay-audio loads.
ENABLED = {"target-size": {"enabled": True}}  # of WCAG 2.2; off by default
OPTIONS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}, "rules": ENABLED}
RARE_PAGES = ("password/reset/key/done", "confirm-email", "inactive")  # the rest: test_accounts_axe.py


def assert_flawless(page: Page, name: str, *quick_displays: Display) -> None:
    """Check that axe finds no problem on the page, and that it is not wider than the screen.

    quick_displays: those of the quick set; by default the phone in light.
    """
    for width, scheme in ALL_DISPLAYS if ON_ALL_DISPLAYS else quick_displays or (PHONE_LIGHT,):
        page.set_viewport_size({"width": width, "height": 760})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width} px"
        if SCREENSHOTS:
            page.wait_for_load_state("networkidle")
            page.screenshot(path=_picture(f"{name} {width} {scheme}"), full_page=True)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.axe_script)
        found = page.evaluate("options => axe.run(options)", OPTIONS)["violations"]
        problems = [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]
        assert problems == [], f"{name} at {width} px, {scheme}"


def _picture(look: str) -> Path:
    """Return the path of a screenshot, in a folder named after the running test."""
    test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].removesuffix(" (call)")
    folder, name = (re.sub(r"\W+", "-", words).strip("-") for words in (test, re.sub(r"^https?://[^/]+", "", look)))
    return Path(SCREENSHOTS, folder, f"{name}.png")


def test_every_page_is_checked() -> None:
    names = {name for name in _names(get_resolver().url_patterns) if not str(name).startswith("api-")}
    assert names == LOOKED_AT | NO_PAGES
    assert {path.stem for path in Path(settings.BASE_DIR, "templates").glob("[0-9]*.html")} == set(ERRORS)


def _names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str | None]:
    """Yield the names of all URLs outside the admin."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        elif pattern.namespace != "admin":
            yield from _names(pattern.url_patterns)


@pytest.mark.long  # rarer states: 10 s
def test_the_drawing_page_in_each_of_its_states(alice: Page, service: Site) -> None:
    assert_flawless(alice, "empty", *BOTH)
    draw(alice)
    read_it(alice)
    assert_flawless(alice, "read", *BOTH)
    alice.get_by_role("button", name="Clear").click()
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("canvas is blank")
    assert_flawless(alice, "blank")
    for stroke in ([(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)], [(0.1, 0.5), (0.9, 0.5)]):
        draw(alice, [stroke])
    read_it(alice)
    assert_flawless(alice, "unsure or no digit")
    alice.get_by_role("button", name="Clear").click()
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        assert_flawless(alice, "waiting", DESKTOP_DARK)
        alice.goto(f"{service.url}/history/")
        alice.get_by_role("link", name="Waiting to be read").first.click()
        expect(alice.get_by_role("heading", name="Not read yet")).to_be_visible()
        assert_flawless(alice, "an item that waits")


@pytest.mark.long  # rarer states: 8 s
def test_the_drawing_page_when_things_go_wrong(alice: Page, service: Site, faults: list[str]) -> None:
    draw(alice)
    alice.context.set_offline(True)
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("Offline: kept here")
    alice.context.set_offline(False)
    expect(alice.get_by_role("status")).to_contain_text("Looks like 7")
    forgive_outage(faults)
    assert_flawless(alice, "back online")
    alice.get_by_role("button", name="Clear").click()
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        ((id_,),) = service.query(
            "UPDATE predictions_submission SET status = 'failed', error_code = 'gave_up', finished_at = now() "
            "WHERE status = 'queued' RETURNING id"
        )
        expect(alice.get_by_role("button", name="Try again")).to_be_visible()
    assert_flawless(alice, "failed reading", DESKTOP_DARK)
    alice.goto(f"{service.url}/history/{id_}/")
    assert_flawless(alice, "item, failed reading")
    service.query(
        "UPDATE predictions_submission SET status = 'canceled', error_code = '' WHERE id = %s RETURNING 1", id_
    )
    alice.goto(f"{service.url}/history/{id_}/")
    expect(alice.get_by_role("heading", name="Canceled")).to_be_visible()
    assert_flawless(alice, "an item that was canceled")


@pytest.mark.long  # rarer states: 3 s
def test_rarer_items(alice: Page, service: Site) -> None:
    draw(alice, FIVE_STROKES)
    png = alice.locator("[data-canvas]").evaluate("canvas => canvas.toDataURL('image/png').split(',')[1]")
    headers = {"Content-Type": "image/png", "Prefer": "wait=10"}
    sent = service.request("POST", "/api/v1/submissions/", data=base64.b64decode(png), headers=headers).json()
    service.query(
        "UPDATE predictions_submission SET label = '41', label_by = 'desk' WHERE id = %s RETURNING 1", sent["id"]
    )
    alice.goto(f"{service.url}/history/{sent['id']}/")
    expect(alice.get_by_role("status")).to_contain_text("A reviewer says: 41")
    expect(alice.locator("[data-boxes] text").first).to_be_visible()
    assert_flawless(alice, "a picture of two digits, reviewed", DESKTOP_DARK)


def test_history_and_one_item(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("link", name="All about this drawing").click()
    expect(alice.locator("[data-boxes] text")).to_have_text("7")
    alice.get_by_role("button", name="Yes", exact=True).click()
    expect(alice.get_by_role("heading", name="It is 7, as read")).to_be_visible()
    assert_flawless(alice, "item", *BOTH)
    alice.get_by_role("main").get_by_role("link", name="History").click()
    arrive(alice, "History")
    assert_flawless(alice, "history", *BOTH)
    alice.get_by_role("button", name="Delete").first.click()
    expect(alice.get_by_role("button", name="Undo")).to_be_visible()
    assert_flawless(alice, "history, one deleted")


def test_ones_own_statistics(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("button", name="Yes", exact=True).click()
    expect(alice.get_by_role("status")).to_contain_text("Confirmed: 7")
    alice.goto(f"{service.url}/history/statistics/")
    expect(alice.get_by_role("img")).to_have_count(5)
    for numbers in alice.get_by_text("The numbers").all():
        numbers.click()
    assert_flawless(alice, "own statistics", *BOTH)


@pytest.mark.long  # rarer states: 8 s
def test_older_and_filtered_history(alice: Page, service: Site) -> None:
    for _ in range(PAGE_SIZE + 1):
        service.request("POST", "/api/v1/submissions/", json={"strokes": [[[60, 60], [200, 60], [120, 220]]]})
    newest = service.query(
        "SELECT submission.id FROM predictions_submission submission JOIN accounts_user ON owner_id = accounts_user.id"
        " WHERE username = 'alice' ORDER BY key DESC LIMIT 1"
    )[0][0]
    alice.goto(f"{service.url}/history/?before={newest}")
    expect(alice.get_by_role("link", name="Newest")).to_be_visible()
    assert_flawless(alice, "history, older")
    alice.goto(f"{service.url}/history/?view=gallery&digits=7&sure=yes")
    assert_flawless(alice, "history, gallery", *BOTH)
    for query in ("digit=7&corrected=on", "since=2099-01-01", "digit=7&zone=Nowhere&view=list"):
        alice.goto(f"{service.url}/history/?{query}")
        assert_flawless(alice, query)


def test_the_model_page(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/model/")
    expect(page.get_by_role("heading", name="About the model")).to_be_visible()
    assert_flawless(page, "about the model", DESKTOP_DARK)


def test_the_rare_pages_of_an_account(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    for path in RARE_PAGES:
        answer = page.goto(f"{service.url}/accounts/{path}/")
        assert answer is not None and answer.ok and page.url.endswith(f"/{path}/")
        assert_flawless(page, path)


@pytest.mark.long  # 7 s; it is none of our pages
def test_the_api_docs(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/api/docs/")
    page.locator("#submit_drawing details").first.click()
    assert_flawless(page, "the API", DESKTOP_DARK)


def test_the_empty_history_of_a_new_user(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(f"{service.url}/accounts/signup/")
    page.get_by_label("Username").fill(f"newcomer-{uuid4().hex[:8]}")
    for label in ("Password", "Password (again)"):
        page.get_by_label(label, exact=True).fill("draws digits well")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="No drawings yet")).to_be_visible()
    assert_flawless(page, "empty history")


@pytest.mark.long  # rarer states: 5 s
def test_error_pages(service: Site, new_page: OpenPage) -> None:
    """Check the error pages under the site's policy; other tests check when they are shown."""
    page, bodies = new_page(), [render_to_string(f"{name}.html") for name in ERRORS]
    policy = requests.get(f"{service.url}/accounts/login/", timeout=10).headers["Content-Security-Policy"]
    headers = {"Content-Type": "text/html", "Content-Security-Policy": policy}
    page.route("**/broken", lambda route: route.fulfill(body=bodies.pop(0), headers=headers))
    for name in ERRORS:
        page.goto(f"{service.url}/broken")
        expect(page.get_by_role("heading")).to_be_visible()
        assert_flawless(page, name)
