"""A person makes a template, sees how it will look, gets its PDF, and changes it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site

URL = "/sheets/templates/"


def _column(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Column {number}", exact=True)


def test_a_person_makes_prints_and_changes_a_template(alice: Page, service: Site) -> None:
    alice.goto(service.url + URL)
    assert_flawless(alice, "sheet-templates")
    alice.get_by_role("link", name="Empty").click()
    preview = alice.get_by_role("img", name="Page 1 of")
    expect(preview).to_have_count(0)
    alice.get_by_label("Title").fill("Water meters")
    _column(alice, 1).get_by_label("Name", exact=True).fill("Reading")
    expect(preview).to_contain_text("Reading")
    assert_flawless(alice, "new-sheet-template", *BOTH)

    alice.get_by_role("button", name="Add a column").press("Enter")
    name = _column(alice, 2).get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("Meter")
    _column(alice, 2).get_by_label("What goes in it").select_option("Printed names")
    expect(_column(alice, 2).get_by_label("Boxes in a cell")).to_be_hidden()
    _column(alice, 2).get_by_label("Names, one a line").fill("Cellar\nAttic")
    expect(preview).to_contain_text("Attic")
    alice.get_by_role("button", name="Move column 2 up").press("Enter")
    expect(_column(alice, 1).get_by_label("Name", exact=True)).to_have_value("Meter")

    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("The template is ready to be printed.")).to_be_visible()
    assert_flawless(alice, "sheet-template", *BOTH)
    pdf = alice.request.get(service.url + str(alice.get_by_role("link", name="Print (PDF)").get_attribute("href")))
    assert pdf.headers["content-disposition"] == 'inline; filename="water-meters-1.pdf"'
    assert pdf.body().startswith(b"%PDF")

    alice.get_by_role("link", name="Change", exact=True).click()
    alice.get_by_label("Rows").fill("1")
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("More names (2) than rows (1).")).to_be_visible()  # its column is open
    assert_flawless(alice, "edit-sheet-template")
    alice.get_by_label("Rows").fill("12")
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("This is version 2 now.")).to_be_visible()
    alice.get_by_role("link", name="Version 1").click()
    expect(alice.get_by_text("There is a newer version.")).to_be_visible()


@pytest.mark.long  # a page that is loaded five times: 4 s
def test_what_was_typed_survives_a_reload_and_going_back_and_leaving_is_asked_about(alice: Page, service: Site) -> None:
    asked: list[str] = []
    alice.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    alice.goto(f"{service.url}{URL}new/?start=marks")
    alice.get_by_label("Title").fill("Class 7b")
    alice.get_by_role("button", name="Add a column").press("Enter")
    expect(_column(alice, 6).get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    again = alice.get_by_text("Your changes that were not saved are here again.")
    expect(again).to_be_hidden()
    alice.reload()
    expect(again).to_be_visible()
    expect(alice.get_by_label("Title")).to_have_value("Class 7b")
    expect(_column(alice, 6)).to_be_visible()
    _column(alice, 6).get_by_role("textbox", name="Name", exact=True).fill("Note")
    alice.get_by_label("Rows").fill("30")
    expect(alice.get_by_text("22 rows fit on a page, so this template has 2 pages.")).to_be_visible()
    alice.get_by_role("link", name="Templates", exact=True).first.click()
    expect(alice.get_by_role("heading", name="Templates")).to_be_visible()
    assert asked == ["beforeunload", "beforeunload"]
    alice.go_back()
    expect(alice.get_by_label("Rows")).to_have_value("30")
    expect(alice.get_by_label("Title")).to_have_value("Class 7b")
    alice.get_by_role("button", name="Discard them").click()
    expect(alice.get_by_label("Title")).to_have_value("Mark list")
    alice.get_by_label("Title").fill("Class 7c")
    _column(alice, 1).locator("summary").first.click()
    _column(alice, 1).get_by_role("textbox", name="Name", exact=True).fill("Sum")
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("Another column has this name. Give each its own.")).to_be_visible()
    expect(again).to_be_hidden()
    _column(alice, 5).get_by_role("textbox", name="Name", exact=True).fill("All")
    alice.get_by_role("button", name="Save").click()
    expect(alice.get_by_text("The template is ready to be printed.")).to_be_visible()
    assert asked == ["beforeunload", "beforeunload"], "saving leaves without a question"
    alice.goto(f"{service.url}{URL}new/?start=marks")
    expect(alice.get_by_label("Title")).to_have_value("Mark list")
