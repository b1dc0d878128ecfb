"""The office in a browser: a reviewer records the true digit in the list itself."""

import pytest
from playwright.sync_api import expect

from ml.golden import golden_drawing
from tests.browser.conftest import Account, OpenPage
from tests.browser.person import log_in
from tests.site import Site


@pytest.mark.parametrize("width", [375, 1280])
def test_a_reviewer_records_the_true_digit_in_the_list(
    service: Site, make_account: Account, new_page: OpenPage, width: int
) -> None:
    sent = service.request(
        "POST", "/api/v1/submissions/", json=golden_drawing(5, seed=width), headers={"Prefer": "wait=10"}
    ).json()
    page = new_page(width=width, reduced_motion="reduce")
    log_in(page, service.url, *make_account("admin"))
    page.goto(f"{service.url}/admin/predictions/submission/?q={sent['id']}")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".field-reading")).to_have_text(sent["result"]["text"])
    assert row.locator("img").evaluate("image => image.complete || image.decode().then(() => true)")
    row.locator("input[name$=-label]").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(row.locator(".field-said")).to_have_text("5 (Desk)")
    row.locator(".field-reading a").click()
    page.get_by_text("5 · admin (Desk)").wait_for()
    body = service.request("GET", sent["url"]).json()
    assert body["label"] == {"text": "5", "is_digit": True, "by": "desk"}
