"""Drawings for tests of the history, apart from all others: those of one batch."""

from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.person import arrive
from tests.factories import ONE, SEVEN
from tests.site import Site


def send_batch(site: Site, count: int) -> str:
    """Send `count` drawings of alice in one batch, wait until they are read, and return the batch's id."""
    drawings = [(SEVEN, ONE)[number % 2] for number in range(count)]
    answer = site.request("POST", "/api/v1/submissions/batch/", json=drawings)
    assert answer.status_code == 202, answer.text
    id_ = urlsplit(answer.json()["items"][0]["url"]).path.split("/")[-2]
    [[batch]] = site.query("SELECT batch FROM predictions_submission WHERE id = %s", id_)
    unread = "SELECT count(*) FROM predictions_submission WHERE batch = %s AND finished_at IS NULL"
    site.wait_until(lambda: site.query(unread, batch) == [(0,)], 90)
    return str(batch)


def open_history(page: Page, site: Site, batch: str, **more: str) -> None:
    """Open the history of a batch. more: of the address's parameters."""
    query = "&".join(f"{name}={value}" for name, value in {"batch": batch, **more}.items())
    page.goto(f"{site.url}/history/?{query}")
    arrive(page, "History")


def rows(page: Page) -> Locator:
    """Return the drawings on the page."""
    return page.locator("[data-submission]")


def boxes(page: Page) -> Locator:
    """Return the check boxes of the drawings."""
    return page.get_by_role("checkbox", name="Select this drawing")


def count_kept(site: Site, batch: str) -> int:
    """Return how many drawings of a batch are not deleted."""
    kept = "SELECT count(*) FROM predictions_submission WHERE batch = %s AND deleted_at IS NULL"
    return int(site.query(kept, batch)[0][0])


def forget_readings(site: Site, batch: str) -> None:
    """Let a batch be as if an older model had read it: half of it as a 4, which the live model reads otherwise."""
    site.query(
        """
        UPDATE predictions_prediction SET preprocessing = 'ink-0' FROM predictions_submission
        WHERE submission_id = key AND batch = %s RETURNING 1
        """,
        batch,
    )
    site.query(
        """
        UPDATE predictions_submission SET text = '4', written = '4', confidence = 0.61
        WHERE batch = %s AND key %% 2 = 0 RETURNING 1
        """,
        batch,
    )


def expect_selected(page: Page, words: str) -> None:
    """Wait until so many drawings are said to be selected; "" for none."""
    expect(page.locator("[data-selection] [role=status]")).to_have_text(words)
