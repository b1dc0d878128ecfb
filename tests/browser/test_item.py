"""The page of one submission: of strokes, of an image, without scripts, while it waits and after it failed."""

import base64
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import dark_share, draw, paused_worker, read_it
from tests.site import Site


@pytest.fixture
def read_seven(alice: Page) -> Iterator[Page]:
    """Return the page of a seven that alice has just drawn."""
    draw(alice)
    assert "7" in read_it(alice)
    alice.get_by_role("link", name="All about this drawing").click()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()
    yield alice


def test_the_page_shows_the_drawing_its_box_and_the_details(read_seven: Page) -> None:
    expect(read_seven.locator("[data-boxes] rect")).to_have_count(1)
    expect(read_seven.locator("[data-boxes] text")).to_have_text("7")
    assert 0.02 < dark_share(read_seven, "[data-drawing] canvas") < 0.3
    box = read_seven.locator("[data-boxes] rect").bounding_box() or {}
    paper = read_seven.locator("[data-drawing]").bounding_box() or {}
    left, right = (box["x"] - paper["x"]) / paper["width"], (box["x"] + box["width"] - paper["x"]) / paper["width"]
    assert left == pytest.approx(0.28 - 10 / 280, abs=0.03)  # the ends of the seven, and half a pen
    assert right == pytest.approx(0.74 + 10 / 280, abs=0.03)
    details = read_seven.get_by_role("region", name="Details")
    expect(details).to_contain_text(re.compile(r"Waiting time\s+\d[\d,]* ms"))
    expect(details).to_contain_text(re.compile(r"Reading time\s+\d[\d,]* ms"))
    expect(details).to_contain_text("1 drawing")


@pytest.mark.long  # a second browser context: 4 s
def test_correcting_deleting_and_restoring_work_without_javascript(
    read_seven: Page, new_page: OpenPage, logged_in: StorageState
) -> None:
    page = new_page(storage_state=logged_in, java_script_enabled=False)
    page.goto(read_seven.url)
    page.get_by_label("No, it is").fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="It is 2, read as 7")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The drawing was restored.")).to_be_visible()
    page.goto(read_seven.url)
    expect(page.get_by_role("heading", name="It is 2, read as 7")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", name="Read as 7")).to_be_visible()


def test_an_image_sent_by_a_program_is_shown_with_its_box(alice: Page, service: Site) -> None:
    draw(alice)
    png = alice.locator("[data-canvas]").evaluate("canvas => canvas.toDataURL('image/png').split(',')[1]")
    headers = {"Content-Type": "image/png", "Prefer": "wait=10"}
    answer = service.request("POST", "/api/v1/submissions/", data=base64.b64decode(png), headers=headers).json()
    assert answer["result"]["text"] == "7"
    alice.goto(f"{service.url}/history/{answer['id']}/")
    expect(alice.locator("[data-boxes] text")).to_have_text("7")
    box = alice.locator("[data-boxes] rect").bounding_box() or {}
    paper = alice.locator("[data-drawing]").bounding_box() or {}
    assert box["height"] / paper["height"] == pytest.approx(0.61 + 20 / 280, abs=0.05)


def test_a_failed_reading_can_be_tried_again(alice: Page, service: Site) -> None:
    give_up = """
        UPDATE predictions_submission SET status = 'failed', error_code = 'gave_up', finished_at = now()
        WHERE status = 'queued' RETURNING id"""
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        assert len(service.query(give_up)) == 1
        expect(alice.get_by_role("status")).to_contain_text("several times")
        alice.get_by_role("button", name="Try again").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        ((id_,),) = service.query(give_up)
        alice.goto(f"{service.url}/history/{id_}/")
        expect(alice.get_by_role("heading", name="Couldn't be read")).to_be_visible()
        alice.get_by_role("button", name="Try again").click()
        expect(alice.get_by_role("heading", name="Not read yet")).to_be_visible()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible()


@pytest.mark.long  # waits: 9 s
def test_the_page_shows_how_many_others_wait_and_that_no_worker_runs(alice: Page, service: Site) -> None:
    strokes = {"strokes": [[[60, 60], [200, 60], [120, 220]]]}
    service.token()  # made before, since it takes a while
    with paused_worker(service):
        for _ in range(2):
            service.request("POST", "/api/v1/submissions/", json=strokes)
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("2 other drawings come first")
        assert service.query("UPDATE predictions_workerseen SET seen_at = now() - interval '1 minute' RETURNING 1")
        expect(alice.get_by_role("status")).to_contain_text("Reading is paused right now")
    expect(alice.locator("[data-text]")).to_have_text("7")
