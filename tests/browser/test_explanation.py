"""Explanations and second readings, requested on the page and made by a real worker."""

import re

import pytest
from playwright.sync_api import Page, StorageState, expect

from ml.golden import golden_drawing
from tests.browser.conftest import OpenPage
from tests.browser.person import paused_worker
from tests.browser.test_axe import assert_flawless
from tests.site import Site

pytestmark = pytest.mark.axe
_PROMOTE = """
import hashlib
from dataclasses import replace
from ml.artifacts import load_shipped
from predictions import registry
from predictions.models import ModelVersion

if NEWER:
    def renamed(one):  # the same network in another file
        data = one.data + bytes(16)
        return replace(one, name="newer", data=data, sha256=hashlib.sha256(data).hexdigest())

    version = registry.register([renamed(one) for one in load_shipped() if one.format.endswith("litert")])
else:
    version = ModelVersion.objects.get(is_shipped=True)
registry.promote(version, by=None)
"""


def _item(site: Site, digit: int) -> str:
    """Send a digit as alice, and return the URL of its page once it is read."""
    drawing = golden_drawing(digit, seed=3)
    answer = site.request("POST", "/api/v1/submissions/", json=drawing, headers={"Prefer": "wait=10"})
    assert answer.json()["result"]["text"] == str(digit)
    return f"{site.url}/history/{answer.json()['id']}/"


@pytest.mark.parametrize("width", [375, 1280])
def test_an_explanation_is_shown_where_it_was_requested(alice: Page, service: Site, width: int) -> None:
    alice.set_viewport_size({"width": width, "height": 800})
    alice.goto(_item(service, 7))
    alice.get_by_role("button", name="Explain").click()
    region = alice.get_by_role("region", name="Why 7?")
    expect(region.get_by_role("img", name="points most strongly to 7")).to_be_visible()
    expect(region.get_by_role("listitem")).to_have_text(["points to 7", "points to 1", "little effect"])
    expect(alice.locator("[data-jobs-status]")).to_contain_text("Looks like a 7")
    expect(region).to_be_focused()
    assert_flawless(alice, "explained")


@pytest.mark.long  # 3 s
def test_a_pending_and_a_failed_explanation(alice: Page, service: Site) -> None:
    alice.goto(_item(service, 7))
    region = alice.get_by_role("region", name="Why 7?")
    with paused_worker(service):
        region.get_by_role("button", name="Explain").click()
        expect(region).to_have_text(re.compile("Working on it"))
        assert_flawless(alice, "explanation pending")
        service.query(
            "UPDATE predictions_errand SET status = 'failed', error_code = 'gave_up', finished_at = now() "
            "WHERE status = 'queued' RETURNING 1"
        )
        alice.reload()
    expect(region.get_by_role("button", name="Explain")).to_be_enabled()
    assert_flawless(alice, "explanation failed")


def test_an_explanation_can_be_requested_without_javascript(
    service: Site, new_page: OpenPage, logged_in: StorageState
) -> None:
    page = new_page(storage_state=logged_in, java_script_enabled=False)
    url = _item(service, 4)
    page.goto(url)
    page.get_by_role("button", name="Explain").click()
    page.wait_for_load_state()

    def is_explained() -> bool:
        page.goto(url)
        return page.get_by_role("region", name="Why 4?").get_by_role("img").count() == 1

    service.wait_until(is_explained, 30)


@pytest.mark.long  # 5 s
def test_the_reading_by_a_newer_model_is_shown_with_the_first(alice: Page, service: Site) -> None:
    url = _item(service, 7)
    try:
        service.manage("shell", "-c", f"NEWER = True\n{_PROMOTE}")
        alice.goto(url)
        alice.get_by_role("button", name="Read again with newer").click()
        rows = alice.get_by_role("region", name="Read again").get_by_role("row")
        expect(rows).to_have_count(3)
        expect(rows.nth(2)).to_contain_text("newer")
        expect(alice.get_by_role("heading", name="Why 7?")).to_have_count(2)
        assert_flawless(alice, "read again")
    finally:
        service.manage("shell", "-c", f"NEWER = False\n{_PROMOTE}")
