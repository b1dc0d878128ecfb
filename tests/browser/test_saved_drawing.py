"""The saved drawing: kept over a reload, cleared by a log-out, used by one tab only."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Account, OpenPage
from tests.browser.person import Stroke, arrive, dark_share, draw, log_in, read_it
from tests.site import Site

CANVAS_ID = "JSON.parse(Object.values(sessionStorage)[0]).canvas"
BAR: Stroke = [(0.2, 0.9), (0.8, 0.9)]


def test_a_reload_keeps_the_drawing_and_its_id(alice: Page) -> None:
    draw(alice)
    ink = dark_share(alice)
    assert ink > 0
    alice.reload()
    assert dark_share(alice) == ink
    draw(alice, [BAR])
    alice.get_by_role("button", name="Undo").click()
    assert dark_share(alice) == ink
    assert "7" in read_it(alice)
    alice.get_by_role("button", name="Clear").click()
    alice.reload()
    assert dark_share(alice) == 0


def test_the_drawing_pad_is_disabled_until_its_script_runs(alice: Page, service: Site) -> None:
    held: list[Route] = []
    alice.route("**/js/draw.js", lambda route: held.append(route))
    with alice.expect_request("**/js/draw.js"):
        alice.goto(service.url, wait_until="commit")
    predict = alice.get_by_role("button", name="Predict")
    expect(predict).to_be_disabled()
    expect(alice.locator("[data-pad][aria-busy=true]")).to_be_visible()
    held[0].continue_()
    expect(predict).to_be_enabled()
    draw(alice)
    assert "7" in read_it(alice)


@pytest.mark.long  # two tabs: 7 s
def test_a_duplicated_tab_keeps_the_drawing_under_a_new_id(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    kept = alice.evaluate("({...sessionStorage})")
    double = alice.context.new_page()
    double.goto(f"{service.url}/accounts/profile/")
    double.evaluate("kept => Object.assign(sessionStorage, kept)", kept)  # as browsers do for a duplicated tab
    double.goto(service.url)
    double.wait_for_function(f"old => {CANVAS_ID} !== old", arg=alice.evaluate(CANVAS_ID))
    assert dark_share(double) == dark_share(alice) > 0
    assert "7" in read_it(double)
    ids = [alice.evaluate(CANVAS_ID), double.evaluate(CANVAS_ID)]
    rows = service.query("SELECT superseded_at FROM predictions_submission WHERE canvas = ANY(%s::uuid[])", ids)
    assert rows == [(None,), (None,)]
    for tab, canvas_id in zip((alice, double), ids, strict=True):  # each keeps its own from now on
        tab.reload()
        draw(tab, [BAR])
        read_it(tab)
        assert tab.evaluate(CANVAS_ID) == canvas_id


@pytest.mark.long  # two tabs: 5 s
def test_logging_out_clears_the_drawing_in_every_tab(service: Site, make_account: Account, new_page: OpenPage) -> None:
    page = new_page()
    log_in(page, service.url, *make_account("bob"))
    draw(page)
    other = page.context.new_page()
    other.goto(service.url)
    draw(other)
    page.get_by_role("button", name="Log out").click()
    arrive(page, "Log in")
    arrive(other, "Inkling reads")  # it was notified, and shows what people without an account see
    log_in(page, service.url, *make_account("bob"))
    for tab in (page, other):
        tab.goto(service.url)
        assert dark_share(tab) == 0
        assert tab.evaluate("Object.keys(sessionStorage)") == []


def test_the_next_user_in_the_same_tab_finds_no_drawing(
    service: Site, make_account: Account, new_page: OpenPage
) -> None:
    page = new_page()
    log_in(page, service.url, *make_account("bob"))
    draw(page)
    page.context.clear_cookies()  # bob's session ended without a log-out
    log_in(page, service.url, *make_account("carol"))
    assert dark_share(page) == 0
    assert page.evaluate("Object.keys(sessionStorage)") == []


@pytest.mark.parametrize("broken", ["not json", '{"form": 0}', "null"])
def test_an_unreadable_saved_drawing_is_ignored(alice: Page, broken: str) -> None:
    draw(alice)
    alice.evaluate("value => sessionStorage.setItem(Object.keys(sessionStorage)[0], value)", broken)
    alice.reload()
    assert dark_share(alice) == 0
    draw(alice)
    assert "7" in read_it(alice)
