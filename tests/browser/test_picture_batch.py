"""Several pictures at once: sent as batches, each with its outcome, and found again after a reload."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.person import arrive, dark_share, draw, paused_worker, provoked
from tests.browser.picture_files import HEIC, Bring, choose, draw_picture, drop, encode, noise, paste, payload
from tests.site import Site

pytestmark = pytest.mark.long  # sends several pictures: 15 to 45 s

NUMBERS = ("7", "1", "71")
FILES = [payload(encode(draw_picture(text)), f"{text}.png") for text in NUMBERS]
COUNT = "SELECT count(*) FROM predictions_submission WHERE source = 'batch'"


def _panel(page: Page, count: int) -> Locator:
    return page.get_by_role("region", name=f"{count} pictures")


def _rows(page: Page) -> Locator:
    return page.locator("[data-batch-list]").get_by_role("listitem")


def _send(page: Page, count: int) -> None:
    _panel(page, count).get_by_role("button", name="Send all").click()
    expect(page.get_by_role("status")).to_contain_text("Done. Read:")


@pytest.mark.parametrize("bring", [choose, drop])
def test_several_files_are_read_and_those_refused_are_named(alice: Page, service: Site, bring: Bring) -> None:
    bring(alice, *FILES, payload(HEIC, "IMG_0001.HEIC", "image/heic"))
    expect(_rows(alice)).to_have_count(4)
    expect(_panel(alice, 4).get_by_role("button", name="Send all")).to_be_focused()
    _send(alice, 4)
    expect(alice.get_by_role("status")).to_have_text("Done. Read: 3 of 4. Not read: 1; the list says why.")
    for row, text in zip(_rows(alice).all(), NUMBERS, strict=False):
        expect(row.get_by_role("link")).to_contain_text(f"Read as {text}")
        expect(row).to_contain_text(f"{text}.png")
        assert row.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    refused = _rows(alice).last
    expect(refused).to_contain_text("HEIC files can't be read. Save the picture as JPEG or PNG.")
    expect(refused).to_contain_text("IMG_0001.HEIC")
    expect(refused.get_by_role("link")).to_have_count(0)
    _rows(alice).nth(2).get_by_role("link").click()
    expect(alice.get_by_role("heading", name="Read as 71")).to_be_visible()


def test_more_files_join_those_that_were_not_sent(alice: Page, service: Site) -> None:
    choose(alice, *FILES[:2])
    expect(_panel(alice, 2).get_by_role("button", name="Send all")).to_be_focused()
    paste(alice, FILES[2])
    expect(_rows(alice)).to_have_count(3)
    expect(_panel(alice, 3).get_by_role("button", name="Send all")).to_be_focused()
    drop(alice, *FILES[:2])
    expect(_rows(alice)).to_have_count(5)
    _send(alice, 5)
    expect(alice.get_by_role("status")).to_have_text("Done. Read: 5 of 5.")


def test_unsent_files_have_thumbnails_and_one_line_names(alice: Page) -> None:
    name = f"{'a-very-long-name-' * 12}.png"
    choose(alice, FILES[0], payload(encode(draw_picture("71")), name))
    expect(_rows(alice).locator("[data-row-thumbnail] canvas")).to_have_count(2)
    label = _rows(alice).last.locator("[data-row-name]")
    expect(label).to_have_attribute("title", name)
    box, first = label.bounding_box() or {}, _rows(alice).first.locator("[data-row-name]").bounding_box() or {}
    assert box["height"] == first["height"]
    assert alice.locator("[data-batch-list]").evaluate("list => list.scrollWidth <= list.clientWidth")


def test_files_that_cannot_be_read_are_refused_before_they_are_sent(alice: Page) -> None:
    empty, gif = payload(b"", "empty.png"), payload(encode(draw_picture(), "GIF"), "seven.gif", "image/gif")
    text, svg = payload(b"not a picture", "text.png"), payload(b"<svg/>", "drawing.svg", "image/svg+xml")
    choose(alice, empty, payload(HEIC, "IMG_0001.HEIC", "image/heic"), gif, text, svg)
    expect(_rows(alice)).to_have_count(5)
    for row, reason in zip(_rows(alice).all(), ("This file is empty", "HEIC", "GIF", "not a PNG", "SVG"), strict=True):
        expect(row).to_contain_text(reason)
    expect(alice.get_by_role("status")).to_have_text("None of these files can be read; the list says why.")
    expect(_panel(alice, 5).get_by_role("button", name="Send all")).to_be_hidden()
    expect(_panel(alice, 5).get_by_role("button", name="Back to drawing")).to_be_focused()


def test_offline_several_stay_and_the_person_is_told_of_the_return(alice: Page, faults: list[str]) -> None:
    choose(alice, *FILES[:2])
    expect(_panel(alice, 2).get_by_role("button", name="Send all")).to_be_focused()
    alice.context.set_offline(True)
    with provoked(alice, faults, "ERR_INTERNET_DISCONNECTED"):
        _panel(alice, 2).get_by_role("button", name="Send all").click()
    expect(alice.get_by_role("status")).to_contain_text("Can't reach the service. Your pictures stay here")
    alice.context.set_offline(False)
    expect(alice.get_by_role("status")).to_have_text("You're back. Continue, to send the rest.")
    _panel(alice, 2).get_by_role("button", name="Continue").click()
    expect(alice.get_by_role("status")).to_have_text("Done. Read: 2 of 2.")


def test_a_reload_leads_to_the_results(alice: Page, service: Site) -> None:
    choose(alice, *FILES)
    _send(alice, 3)
    address = _panel(alice, 3).get_by_role("link", name="Find them in the history").get_attribute("href")
    alice.reload()
    arrive(alice, "History")
    assert alice.url == f"{service.url}{address}".replace(",", "%2C")
    expect(alice.get_by_text("What you sent together, newest first. Done: 3 of 3.")).to_be_visible()
    expect(alice.get_by_role("main").get_by_role("listitem")).to_have_count(3)


def test_the_history_of_a_batch_shows_its_readings_when_they_arrive(alice: Page, service: Site) -> None:
    with paused_worker(service):
        choose(alice, *FILES[:2])
        _panel(alice, 2).get_by_role("button", name="Send all").click()
        expect(alice.get_by_role("status")).to_contain_text("Read: 0 of 2.")
        _panel(alice, 2).get_by_role("link", name="Find them in the history").click()
        expect(alice.get_by_text("Done: 0 of 2.")).to_be_visible()
    expect(alice.get_by_text("Done: 2 of 2.")).to_be_visible()
    expect(alice.get_by_role("link", name="Read as 7")).to_be_visible()


def test_many_files_are_sent_in_batches_within_the_limits(alice: Page, service: Site) -> None:
    alice.locator("[data-batch]").evaluate("section => section.dataset.limitItems = 2")
    choose(alice, *FILES, *FILES[:2])
    _send(alice, 5)
    batches = re.findall(r"[0-9a-f-]{36}", alice.url)
    sizes = [service.query("SELECT count(*) FROM predictions_submission WHERE batch = %s", id_) for id_ in batches]
    assert sizes == [[(2,)], [(2,)], [(1,)]]
    alice.reload()
    expect(alice.get_by_text("Done: 5 of 5.")).to_be_visible()
    expect(alice.get_by_role("main").get_by_role("listitem")).to_have_count(5)


def test_a_batch_that_was_interrupted_goes_on_without_doubles(alice: Page, service: Site, faults: list[str]) -> None:
    alice.locator("[data-batch]").evaluate("section => section.dataset.limitItems = 2")
    before = service.query(COUNT)[0][0]
    keys: list[str] = []

    def lose_the_second_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) != 2:
            return route.continue_()
        route.fetch()
        route.fulfill(status=503, body='{"error": {"code": "unavailable", "message": ""}}')

    alice.route("**/batch/", lose_the_second_answer)
    choose(alice, *FILES)
    with provoked(alice, faults, "503"):
        _panel(alice, 3).get_by_role("button", name="Send all").click()
    expect(alice.get_by_role("status")).to_contain_text("The service isn't available right now")
    _panel(alice, 3).get_by_role("button", name="Continue").click()
    expect(alice.get_by_role("status")).to_have_text("Done. Read: 3 of 3.")
    assert len(keys) == 3 and keys[1] == keys[2]
    assert service.query(COUNT)[0][0] == before + 3


def test_an_upload_of_several_shows_its_progress_and_is_canceled(alice: Page) -> None:
    network = alice.context.new_cdp_session(alice)
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    choose(alice, payload(noise(600), "a.png"), payload(noise(600), "b.png"))
    network.send("Network.emulateNetworkConditions", speed)
    _panel(alice, 2).get_by_role("button", name="Send all").click()
    alice.wait_for_function("() => document.querySelector('[data-batch-progress]').value > 0.1")
    expect(_panel(alice, 2).get_by_role("progressbar", name="Done so far")).to_be_visible()
    choose(alice, payload())  # another picture does not interrupt
    expect(alice.get_by_role("status")).to_have_text("These pictures are being sent. Add others when that is done.")
    _panel(alice, 2).get_by_role("button", name="Cancel").click()
    expect(alice.get_by_role("status")).to_contain_text("Stopped.")
    expect(_panel(alice, 2).get_by_role("button", name="Continue")).to_be_focused()
    network.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": -1})
    network.detach()
    alice.keyboard.press("Escape")
    expect(alice.locator("[data-canvas]")).to_be_focused()


def test_a_file_over_the_limit_is_not_sent(alice: Page, service: Site) -> None:
    alice.locator("[data-batch]").evaluate("section => section.dataset.limitBytes = 100000")
    choose(alice, FILES[0], payload(noise(300), "large.png"))
    expect(_rows(alice).last).to_contain_text("This picture is too large")
    _send(alice, 2)
    expect(alice.get_by_role("status")).to_have_text("Done. Read: 1 of 2. Not read: 1; the list says why.")


def test_back_to_drawing_leaves_the_results_and_their_address(alice: Page, service: Site) -> None:
    draw(alice)
    ink = dark_share(alice)
    choose(alice, *FILES[:2])
    _send(alice, 2)
    assert "?batch=" in alice.url
    _panel(alice, 2).get_by_role("button", name="Back to drawing").click()
    assert alice.url == f"{service.url}/"
    assert dark_share(alice) == ink > 0
    expect(alice.locator("[data-pad]").get_by_label("I am writing")).to_be_visible()


def test_a_phone_sends_several(phone: Page) -> None:
    choose(phone, *FILES)
    button = _panel(phone, 3).get_by_role("button", name="Send all")
    expect(button).to_be_in_viewport(ratio=1)
    button.tap()
    expect(phone.get_by_role("status")).to_have_text("Done. Read: 3 of 3.")
    expect(phone.get_by_role("status")).to_be_in_viewport(ratio=1)
    expect(_rows(phone).first.get_by_role("link")).to_contain_text("Read as 7")
