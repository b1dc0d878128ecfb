"""axe finds nothing on the pages of sheets, in any of their states, and the console reports nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sheets import store_sheet, store_unnamed_sheet
from tests.browser.test_axe import BOTH, DESKTOP_DARK, assert_flawless
from tests.site import Site

pytestmark = pytest.mark.long  # 20 s; the quick set opens the page of checking in test_sheets.py


def test_the_list_and_the_form_of_sheets(alice: Page, service: Site) -> None:
    sheet = store_sheet(service)
    alice.goto(f"{service.url}/sheets/")
    assert_flawless(alice, "sheets", *BOTH)
    alice.goto(f"{service.url}/sheets/?delete={sheet.id}")
    expect(alice.get_by_role("button", name="Delete the sheet")).to_be_visible()
    assert_flawless(alice, "a sheet to delete")
    alice.goto(f"{service.url}/sheets/new/")
    assert_flawless(alice, "new sheet", *BOTH)


def test_a_sheet_and_its_check(alice: Page, service: Site) -> None:
    sheet = store_sheet(service, pages=2)
    alice.goto(sheet.url)
    assert_flawless(alice, "sheet", *BOTH)
    alice.goto(f"{sheet.url}check/")
    expect(alice.locator("[data-announcement]")).not_to_be_empty()
    assert_flawless(alice, "check", *BOTH)
    for _ in range(6):
        alice.keyboard.press("Enter")
        alice.wait_for_timeout(300)
    expect(alice.get_by_role("heading", name="Nothing doubtful is left")).to_be_visible()
    assert_flawless(alice, "checked", DESKTOP_DARK)


def test_naming_the_columns_of_an_own_table(alice: Page, service: Site) -> None:
    sheet = store_unnamed_sheet(service)
    alice.goto(sheet.url)
    alice.get_by_role("link", name="Name the columns").click()
    expect(alice.get_by_label("Name of the table")).to_be_visible()
    assert_flawless(alice, "columns", *BOTH)
    alice.get_by_label("Name of the table").fill("Stock")
    for number in range(3):
        alice.get_by_label("Name", exact=True).nth(number).fill(f"Column {number}")
    alice.get_by_role("button", name="Read the table").click()
    expect(alice.get_by_text("The columns are named.")).to_be_visible()
    expect(alice.get_by_role("region", name="Table")).to_contain_text("Column 2")
