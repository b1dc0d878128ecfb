"""From drawing to drawing by keys and links within the history's filters, and what happened to each."""

import re

from playwright.sync_api import Page, expect

from tests.browser.person import arrive
from tests.site import Site

SEVEN = [[[60, 60], [200, 60], [120, 220]]]
ONE = [[[140, 40], [140, 240]]]


def _send(service: Site, *drawings: list[list[list[int]]]) -> list[str]:
    """Send drawings as alice, wait until they are read, and return their ids."""
    ids = []
    for strokes in drawings:
        body = {"strokes": strokes, "width": 280, "height": 280, "pen_px": 20}
        answer = service.request("POST", "/api/v1/submissions/", json=body, headers={"Prefer": "wait=20"}).json()
        assert answer["status"] == "succeeded"
        ids.append(answer["id"])
    return ids


def test_arrow_keys_lead_through_the_filtered_history_and_back(alice: Page, service: Site) -> None:
    oldest, _, newest = _send(service, SEVEN, ONE, SEVEN)
    alice.goto(f"{service.url}/history/?digit=7")
    alice.locator(f'a[href*="{newest}"]').click()
    arrive(alice, "Read as 7")
    alice.keyboard.press("ArrowRight")
    alice.wait_for_url(f"**/history/{oldest}/?digit=7")
    arrive(alice, "Read as 7")
    alice.keyboard.press("ArrowLeft")
    alice.wait_for_url(f"**/history/{newest}/?digit=7")
    arrive(alice, "Read as 7")
    alice.get_by_role("navigation", name="Drawings").get_by_role("link", name="Older").click()
    alice.wait_for_url(f"**/history/{oldest}/?digit=7")
    alice.get_by_role("navigation", name="Drawings").get_by_role("link", name="History").click()
    alice.wait_for_url("**/history/?digit=7")


def test_arrow_keys_keep_their_meaning_in_controls_and_with_other_keys(alice: Page, service: Site) -> None:
    _, middle, _ = _send(service, SEVEN, SEVEN, SEVEN)
    alice.goto(f"{service.url}/history/{middle}/")
    arrive(alice, "Read as 7")
    for place in (
        alice.get_by_role("slider", name="Position in the replay"),
        alice.get_by_role("button", name="Next stroke"),
        alice.get_by_label("Theme"),
        alice.get_by_role("button", name="Delete"),
    ):
        place.focus()
        alice.keyboard.press("ArrowRight")
    alice.get_by_role("link", name="Inkling", exact=True).focus()
    for keys in ("Control+ArrowRight", "Shift+ArrowRight", "Meta+ArrowRight"):
        alice.keyboard.press(keys)
    alice.wait_for_timeout(300)
    assert re.search(f"/history/{middle}/$", alice.url)


def test_what_a_person_says_is_told_at_once_and_can_be_taken_back(alice: Page, service: Site) -> None:
    [id_] = _send(service, SEVEN)
    alice.goto(f"{service.url}/history/{id_}/")
    happened = alice.get_by_role("region", name="What happened").get_by_role("listitem")
    expect(happened).to_have_count(2)
    alice.get_by_role("button", name="Yes", exact=True).click()
    expect(happened).to_have_count(3)
    expect(happened.last).to_contain_text("You said: 7")
    expect(alice.get_by_role("heading", name="It is 7, as read")).to_be_visible()
    alice.get_by_role("button", name="Take it back").click()
    expect(happened.last).to_contain_text("You took back: 7")
    expect(happened.last.locator("time")).not_to_contain_text("UTC")
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()


def test_deleting_leads_back_to_the_filtered_history_with_undo(alice: Page, service: Site) -> None:
    [id_] = _send(service, SEVEN)
    alice.goto(f"{service.url}/history/{id_}/?digit=7")
    alice.get_by_role("button", name="Delete").click()
    expect(alice.locator("[name=digit]")).to_have_value("7")
    alice.get_by_role("button", name="Undo").click()
    expect(alice.get_by_text("The drawing was restored.")).to_be_visible()
