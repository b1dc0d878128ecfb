"""Accessibility of rarer states: no worker, failures, German, missing rights."""

import json

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.admin_site import REVIEWER, SUPERUSER
from tests.browser.conftest import OpenPage
from tests.browser.person import arrive, draw, paused_worker, provoked, read_it
from tests.browser.test_admin_axe import TABLES
from tests.browser.test_axe import DESKTOP_DARK, assert_flawless
from tests.site import Site

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # rarer states: 50 s


def _speak_german(page: Page, service: Site) -> None:
    page.context.add_cookies([{"name": "django_language", "value": "de", "url": service.url}])


def test_no_worker_is_running(alice: Page, service: Site) -> None:
    with paused_worker(service):
        service.query("UPDATE predictions_workerseen SET seen_at = now() - interval '1 hour' RETURNING 1")
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("Reading is paused right now")
        assert_flawless(alice, "no worker")


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [(401, "not_authenticated", "no longer logged in"), (429, "throttled", "Too many requests"), (500, "", "our side")],
)
def test_the_drawing_page_after_an_error(alice: Page, faults: list[str], status: int, code: str, says: str) -> None:
    body = json.dumps({"error": {"code": code, "message": ""}})
    alice.route("**/api/v1/submissions/", lambda route: route.fulfill(status=status, body=body))
    draw(alice)
    with provoked(alice, faults, str(status)):
        alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text(says)
    assert_flawless(alice, f"error {status}")


def test_unsure_readings_and_non_digits(alice: Page, service: Site) -> None:
    for verdict in ("unsure", "not_a_digit"):
        draw(alice)
        read_it(alice)
        alice.get_by_role("link", name="All about this drawing").click()
        arrive(alice, "Read as 7")
        id_ = alice.url.split("/")[-2]
        service.query(
            "UPDATE predictions_prediction SET reading = reading || jsonb_build_object('verdict', %s::text) FROM "
            "predictions_submission s WHERE s.key = submission_id AND s.id = %s RETURNING 1",
            *(verdict, id_),
        )
        service.query("UPDATE predictions_submission SET verdict = %s WHERE id = %s RETURNING 1", verdict, id_)
        alice.reload()
        assert_flawless(alice, f"item, {verdict}")
        alice.goto(service.url)
        alice.get_by_role("button", name="Clear").click()


def test_a_drawing_that_failed_for_good(alice: Page, service: Site) -> None:
    sent = service.request(
        "POST", "/api/v1/submissions/", json={"strokes": [[[1, 1], [1, 1]]]}, headers={"Prefer": "wait=10"}
    ).json()
    service.query(
        "UPDATE predictions_submission SET status = 'failed', error_code = 'blank', verdict = '', text = '' "
        "WHERE id = %s RETURNING 1",
        sent["id"],
    )
    alice.goto(f"{service.url}/history/{sent['id']}/")
    expect(alice.get_by_role("heading", name="Not read")).to_be_visible()
    assert_flawless(alice, "item, failed")


def test_every_kind_of_page_in_german(alice: Page, service: Site) -> None:
    _speak_german(alice, service)
    alice.goto(service.url)
    draw(alice)
    alice.get_by_role("button", name="Lesen").click()
    alice.locator("[data-answer][data-state=digit]").wait_for()
    assert_flawless(alice, "draw (de)", DESKTOP_DARK)
    alice.locator("[data-own-page]").click()
    alice.locator("[data-answer][data-state=digit]").wait_for()
    assert_flawless(alice, "item (de)", DESKTOP_DARK)
    for path in ("history/", "history/?since=foo&digit=7", "history/?since=2099-02-01&until=2099-01-01", "model/"):
        alice.goto(f"{service.url}/{path}")
        assert alice.locator("html").get_attribute("lang") == "de"
        assert_flawless(alice, f"{path} (de)", DESKTOP_DARK)


@pytest.mark.parametrize("path", ["history/nothing/", "accounts/logout/x"])
def test_a_missing_page(alice: Page, service: Site, faults: list[str], path: str) -> None:
    with provoked(alice, faults, "404"):
        alice.goto(f"{service.url}/{path}")
    assert_flawless(alice, path)


@pytest.mark.long  # every admin page once more, where only the language differs: 40 s
def test_the_admin_in_german(
    service: Site, sessions: dict[str, StorageState], new_page: OpenPage, faults: list[str]
) -> None:
    page = new_page(storage_state=sessions[SUPERUSER])
    _speak_german(page, service)
    page.goto(f"{service.url}/admin/")
    assert_flawless(page, "admin (de)")
    for table in TABLES:
        page.goto(f"{service.url}/admin/{table}/")
        assert_flawless(page, f"{table} (de)")
        page.goto(page.locator("#result_list tbody a").last.evaluate("link => link.href"))
        assert_flawless(page, f"{table} change (de)")
        assert (page.evaluate("reports"), faults) == ([], []), page.url


def test_a_user_without_rights_is_told_so_in_the_admin(
    service: Site, sessions: dict[str, StorageState], new_page: OpenPage, faults: list[str]
) -> None:
    page = new_page(storage_state=sessions[REVIEWER])
    with provoked(page, faults, "403"):
        page.goto(f"{service.url}/admin/accounts/user/")
    expect(page.get_by_role("heading", name="Access denied")).to_be_visible()
    assert_flawless(page, "a table that is barred")
