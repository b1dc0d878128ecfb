"""What somebody who waits is told: the place in the queue, about how long it takes, and where to log in again."""

import json
from itertools import count

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.person import draw, paused_worker, provoked
from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site

pytestmark = pytest.mark.long  # waits in a queue: 15 to 45 s

QUEUE = {"queued": 40, "running": 2, "oldest_s": 3.0, "errands": 0, "workers": 1}
OF_OTHERS = {"strokes": [[[60, 60], [200, 60], [120, 220]]]}


def test_a_slow_worker_shows_the_place_in_the_queue_and_the_wait(alice: Page, service: Site) -> None:
    places = count(30, -4)

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(QUEUE | {"ahead": max(next(places), 2)}))

    alice.route("**/api/v1/queue/**", answer)
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        status = alice.get_by_role("status")
        expect(status).to_contain_text("30 other drawings come first")
        expect(status).to_contain_text("It takes about")
        expect(status).to_contain_text("more.")
        assert_flawless(alice, "in the queue", *BOTH)
    expect(status).to_contain_text("Looks like 7", timeout=60_000)


def test_drawings_of_others_that_are_read_later_do_not_count(alice: Page, service: Site) -> None:
    service.token("bob")
    with paused_worker(service):
        for _ in range(3):
            service.request("POST", "/api/v1/submissions/", "bob", json=OF_OTHERS)
        draw(alice)
        alice.get_by_role("button", name="Predict").click()  # her turn comes after the first of bob's
        expect(alice.get_by_role("status")).to_contain_text("1 other drawing comes first")
    expect(alice.get_by_role("status")).to_contain_text("Looks like 7", timeout=60_000)


def test_somebody_who_is_logged_out_finds_the_log_in(alice: Page, faults: list[str]) -> None:
    draw(alice)
    alice.context.clear_cookies()
    with provoked(alice, faults, "401"):
        alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("no longer logged in")
    assert_flawless(alice, "logged out meanwhile", *BOTH)
    with alice.context.expect_page() as opened:
        alice.get_by_role("button", name="Log in in a new tab").click()
    expect(opened.value.get_by_role("heading", name="Log in")).to_be_visible()
