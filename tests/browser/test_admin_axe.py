"""No admin page has a problem that axe-core, the console or the CSP reports, for any role.

The quick set checks the superuser's pages on a phone in light; those of the other roles, and the review queue in
its states, on a desktop in dark. There, axe runs on the history and the deletion of one table only: all tables share
these pages.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from playwright.sync_api import Page, StorageState, expect

from tests.browser.admin_site import ADMIN, REVIEWER, SUPERUSER, log_in_to_admin
from tests.browser.conftest import OpenPage
from tests.browser.test_axe import DESKTOP_DARK, ON_ALL_DISPLAYS, PHONE_LIGHT, Display, assert_flawless
from tests.site import Site

QUICK_DISPLAYS = {SUPERUSER: PHONE_LIGHT, ADMIN: DESKTOP_DARK, REVIEWER: DESKTOP_DARK}
TABLES = sorted(model._meta.label_lower.replace(".", "/") for model in admin.site._registry)
ADMINS_TABLES = ["accounts/apitoken", "accounts/user", "predictions/modelversion", "predictions/submission"]
REVIEWERS_TABLES = ["predictions/prediction", "predictions/review", "predictions/submission"]
APPS = ["predictions", "accounts", "auth", "post_office"]
LOOKED_AT = {"list", "change", "history"}
SHARED_PAGES = {"history", "delete"}
CAN_DO = {  # beyond viewing, for everyone who may see the table
    "accounts/apitoken": {"delete"},
    "accounts/user": {"add", "password", "delete"},
    "auth/group": {"add", "delete"},
    "predictions/modelversion": {"compare"},
    "predictions/trainingrun": {"begin"},
}
Enter = Callable[[str], Page]
# Up to seven pages in four looks each: 90 s in all, and on a busy machine minutes for one.
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def enter(service: Site, sessions: dict[str, StorageState], new_page: OpenPage) -> Enter:
    """Open the admin's start page as a user."""

    def open_admin(name: str) -> Page:
        page = new_page(storage_state=sessions[name])
        page.goto(f"{service.url}/admin/")
        return page

    return open_admin


def _assert_clean(page: Page, faults: list[str], quick_display: Display = PHONE_LIGHT) -> None:
    """Assert that axe, the console and the CSP report nothing, before and after axe runs."""
    _assert_quiet(page, faults)
    assert_flawless(page, page.url, quick_display)
    _assert_quiet(page, faults)


def _assert_quiet(page: Page, faults: list[str]) -> None:
    """Assert that the console and the CSP report nothing."""
    page.wait_for_load_state("load")
    assert (page.evaluate("reports"), faults) == ([], []), page.url


def _kinds(page: Page, table: str) -> dict[str, str]:
    """Return the links within a table, one for each kind: list, add, change, history, delete, password."""
    found = page.locator("#content a[href]").evaluate_all("links => links.map(link => link.href)")
    paths = [urlsplit(link).path for link in found]
    ours = [path for path in paths if path.startswith(f"/admin/{table}/")]
    return {path.split("/")[-2] if path.count("/") > 4 else "list": path for path in ours}  # the last row's


@pytest.mark.parametrize(
    ("who", "table"),
    [
        *((SUPERUSER, table) for table in TABLES),
        *((ADMIN, table) for table in ADMINS_TABLES),  # the others are as a superuser sees them
        *((REVIEWER, table) for table in REVIEWERS_TABLES),
    ],
)
def test_every_page_of_a_table(service: Site, enter: Enter, faults: list[str], who: str, table: str) -> None:
    page = enter(who)
    waiting, seen = {"list": f"/admin/{table}/"}, set[str]()
    while waiting:
        kind, path = waiting.popitem()
        seen.add(kind)
        page.goto(service.url + path)
        if ON_ALL_DISPLAYS or kind not in SHARED_PAGES or table == ADMINS_TABLES[0]:
            _assert_clean(page, faults, QUICK_DISPLAYS[who])
        else:
            _assert_quiet(page, faults)
        waiting |= {kind: path for kind, path in _kinds(page, table).items() if kind not in seen}
    more = {"delete"} if table == "predictions/submission" and who != REVIEWER else CAN_DO.get(table, set())
    assert seen == LOOKED_AT | more


def test_admin_pages_link_to_no_forbidden_page(service: Site, enter: Enter, faults: list[str]) -> None:
    page = enter(ADMIN)
    ((superuser,),) = service.query("SELECT id FROM accounts_user WHERE username = %s", SUPERUSER)
    page.goto(f"{service.url}/admin/accounts/user/{superuser}/change/")
    _assert_clean(page, faults, QUICK_DISPLAYS[ADMIN])
    led_to = page.locator("#content a[href]").evaluate_all("links => links.map(link => link.href)")
    assert len(led_to) == 2  # its history, and back to the list
    assert [page.request.get(address).status for address in led_to] == [200, 200]


@pytest.mark.parametrize("who", [SUPERUSER, ADMIN, REVIEWER])
def test_the_start_page_and_each_app_page(service: Site, enter: Enter, faults: list[str], who: str) -> None:
    page = enter(who)
    assert page.locator(".sections section").count() == {SUPERUSER: 5, ADMIN: 5, REVIEWER: 1}[who]
    _assert_clean(page, faults, QUICK_DISPLAYS[who])
    for app in {SUPERUSER: APPS, ADMIN: APPS[:2], REVIEWER: APPS[:1]}[who]:
        page.goto(f"{service.url}/admin/{app}/")
        _assert_clean(page, faults, QUICK_DISPLAYS[who])


def test_password_and_log_out_pages(service: Site, staff: None, new_page: OpenPage, faults: list[str]) -> None:
    page = new_page()
    page.goto(f"{service.url}/admin/")
    _assert_clean(page, faults)  # the log-in page
    log_in_to_admin(page, service, SUPERUSER)
    page.get_by_role("link", name="Change password").click()
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()  # the site's, not the admin's
    page.goto(f"{service.url}/admin/")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log out")).to_be_visible()  # the site's page too
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_review_queue_in_each_state(service: Site, enter: Enter, faults: list[str]) -> None:
    page = enter(SUPERUSER)  # on a desktop: a phone shows no actions
    for query in ("o=4.-5", "_facets=True", "review=doubtful&verdict=unsure", "q=nobody", "label_by__exact=desk&all="):
        page.goto(f"{service.url}/admin/predictions/submission/?{query}")
        _assert_clean(page, faults, DESKTOP_DARK)
    page.goto(f"{service.url}/admin/predictions/submission/?o=-9")
    page.locator("#result_list [data-label]").first.fill("seven")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter digits from 0 to 9, with signs")).to_be_visible()
    _assert_clean(page, faults, DESKTOP_DARK)
    page.locator("#result_list [data-label]").first.fill("7")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 submission was changed successfully.")).to_be_visible()
    _assert_clean(page, faults, DESKTOP_DARK)
    page.goto(f"{service.url}/admin/predictions/submission/?o=-9")
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_label("Action:").select_option("delete_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("heading", name="Delete multiple objects")).to_be_visible()
    _assert_clean(page, faults, DESKTOP_DARK)


def test_forms_with_errors_and_an_open_model_card(service: Site, enter: Enter, faults: list[str]) -> None:
    page = enter(SUPERUSER)
    for table in ("accounts/user", "auth/group"):
        page.goto(f"{service.url}/admin/{table}/add/")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errornote")).to_be_visible()
        _assert_clean(page, faults)
    page.goto(f"{service.url}/admin/predictions/modelversion/")
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator(".object-tools")).to_be_attached()  # a page that still comes in has not all its cards
    page.wait_for_load_state("load")
    for unfolds in page.locator(".card summary").all():
        unfolds.click()
    expect(page.locator(".confusion").last).to_be_visible()
    _assert_clean(page, faults)


def test_a_comparison_with_the_live_model(service: Site, enter: Enter, faults: list[str]) -> None:
    page = enter(SUPERUSER)
    page.goto(f"{service.url}/admin/predictions/modelversion/")
    page.get_by_role("link", name="Compare twin with the live model").click()
    expect(page.get_by_role("button", name="Promote twin")).to_be_visible(timeout=90_000)  # once a worker compared
    _assert_clean(page, faults)
    service.query(
        "UPDATE predictions_comparison SET figures = jsonb_set(figures, '{golden}', %s::jsonb) RETURNING id",
        '{"count": 500, "both": 497, "lost": 2, "won": 1}',
    )
    page.reload()
    expect(
        page.get_by_text("It reads 498 of the 500 golden drawings correctly; the live model reads 499.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Promote twin")).to_be_hidden()
    _assert_clean(page, faults)
    page.route("**/compare*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.get_by_role("button", name="Compare again").click()
    expect(page.get_by_role("status").or_(page.get_by_role("button", name="Promote twin"))).to_be_visible()
    _assert_clean(page, faults)


def test_workers_with_problems_are_listed_above_the_models(service: Site, enter: Enter, faults: list[str]) -> None:
    service.query(
        "INSERT INTO predictions_workerseen (name, device, runtime, code, trouble, seen_at)"
        " VALUES ('worker-7', '', '', '', 'it is broken', now() + interval '5 minutes') RETURNING name"
    )
    page = enter(SUPERUSER)
    try:
        page.goto(f"{service.url}/admin/predictions/modelversion/")
        expect(page.get_by_text("Worker worker-7 does not use the live model: it is broken")).to_be_visible()
        _assert_clean(page, faults)
    finally:
        service.query("DELETE FROM predictions_workerseen WHERE name = 'worker-7' RETURNING name")


def test_csp_violations_are_noticed(enter: Enter, faults: list[str]) -> None:
    page = enter(REVIEWER)
    with page.expect_console_message(lambda said: "Content Security Policy" in said.text):
        page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert page.evaluate("reports") == ["style-src-attr"]
    assert "Content Security Policy" in faults.pop()
    assert faults == []


def test_the_status_page_and_what_its_buttons_ask(service: Site, enter: Enter, faults: list[str]) -> None:
    page = enter(ADMIN)
    page.get_by_role("link", name="Status: what is wrong, and what to do").click()
    expect(page.get_by_text("PostgreSQL")).to_be_visible()
    for path in ("", "tasks/golden/", "retry/"):
        page.goto(f"{service.url}/admin/status/{path}")
        _assert_clean(page, faults, PHONE_LIGHT)
        _assert_clean(page, faults, DESKTOP_DARK)
