"""Sheets in a browser: photographs, checking by keys, undo, two tabs, lost connections, and phones."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.outages import forgive_outage
from tests.browser.person import provoked
from tests.browser.sheets import StoredSheet, store_sheet
from tests.site import Site


@pytest.fixture
def sheet(service: Site) -> StoredSheet:
    """Store a sheet of alice with three doubtful cells."""
    return store_sheet(service)


@pytest.fixture
def desktop(service: Site, logged_in: StorageState, new_page: OpenPage) -> Page:
    """Return a page of alice on a desktop."""
    return new_page(storage_state=logged_in)


def _open_check(page: Page, sheet: StoredSheet) -> None:
    page.goto(f"{sheet.url}check/")
    expect(page.locator("[data-announcement]")).not_to_be_empty()  # the script runs


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _wait_for(page: Page, sheet: StoredSheet, expected: dict[int, tuple[str, bool]]) -> None:
    for _ in range(200):
        values = sheet.values()
        if all(values[place] == value for place, value in expected.items()):
            return
        page.wait_for_timeout(50)
    assert {place: values[place] for place in expected} == expected


def test_a_sheet_is_checked_by_keys_alone(desktop: Page, sheet: StoredSheet) -> None:
    _open_check(desktop, sheet)
    name, status = desktop.locator("[data-cell-name]"), desktop.locator("[data-status]")
    expect(name).to_have_text("Row 1 · Second")
    expect(desktop.locator("[data-reason]")).to_have_text("Read 36; 30 makes the total right.")
    expect(desktop.locator("[data-progress]")).to_have_text("0 of 3 doubtful")
    _press(desktop, "Enter")
    expect(status).to_have_text("Saved: 30.")
    expect(name).to_have_text("Row 2 · First")
    _press(desktop, "s")
    expect(name).to_have_text("Row 3 · Both")
    expect(desktop.locator("[data-wrong-sums] li")).to_have_text(["Row 3: Both says 27, the cells add up to 20."])
    _press(desktop, "2", "0", "Enter")
    expect(desktop.locator("[data-progress]")).to_have_text("2 of 3 doubtful")
    expect(desktop.locator("[data-wrong-sums]")).to_be_hidden()
    expect(name).to_have_text("Row 2 · First")
    _press(desktop, "e")
    expect(desktop.get_by_role("heading", name="Nothing doubtful is left")).to_be_visible()
    _wait_for(desktop, sheet, {1: ("30", True), 3: ("", True), 8: ("20", True), 0: ("12", False)})
    _press(desktop, "u", "Control+z")
    expect(name).to_have_text("Row 3 · Both")
    _wait_for(desktop, sheet, {3: ("7", False), 8: ("27", False), 1: ("30", True)})
    _press(desktop, "ArrowLeft", "ArrowUp")
    expect(name).to_have_text("Row 2 · Second")


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_an_alternative_is_one_key_and_text_is_typed_into_no_number(desktop: Page, sheet: StoredSheet) -> None:
    _open_check(desktop, sheet)
    expect(desktop.get_by_role("button", name="36 a")).to_be_visible()
    _press(desktop, "x", "k", "1")
    expect(desktop.locator("[data-value]")).to_have_value("x1")
    _press(desktop, "Escape", "?", "k", "Enter")
    expect(desktop.locator("[data-status]")).to_have_text("Only digits and signs can be in this cell.")
    expect(desktop.locator("[data-cell-name]")).to_have_text("Row 1 · Second")
    _press(desktop, "a")
    _wait_for(desktop, sheet, {1: ("36", True)})


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_changes_wait_for_the_connection_and_none_is_lost(desktop: Page, sheet: StoredSheet, faults: list[str]) -> None:
    _open_check(desktop, sheet)
    desktop.context.set_offline(True)
    _press(desktop, "Enter", "9", "Enter")
    expect(desktop.locator("[data-unsaved-text]")).to_contain_text("2 changes are not saved yet.")
    expect(desktop.locator("[data-status]")).to_have_text("Kept here: 9.")
    desktop.context.set_offline(False)
    _wait_for(desktop, sheet, {1: ("30", True), 3: ("9", True)})
    expect(desktop.locator("[data-unsaved]")).to_be_hidden()
    forgive_outage(faults)


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_a_page_that_is_loaded_again_sends_what_it_had_not(
    desktop: Page, sheet: StoredSheet, faults: list[str]
) -> None:
    _open_check(desktop, sheet)
    refused = []

    def refuse(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route)
            route.abort()
        else:
            route.continue_()

    desktop.route("**/check/", refuse)
    desktop.on("dialog", lambda dialog: dialog.accept())
    _press(desktop, "5", "Enter")
    expect(desktop.locator("[data-unsaved]")).to_be_visible()
    desktop.reload()
    _wait_for(desktop, sheet, {1: ("5", True)})
    forgive_outage(faults)


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_another_tab_is_told_of_and_nothing_is_overwritten(
    desktop: Page, sheet: StoredSheet, faults: list[str]
) -> None:
    _open_check(desktop, sheet)
    other = desktop.context.new_page()
    _open_check(other, sheet)
    _press(other, "3", "3", "Enter")
    _wait_for(other, sheet, {1: ("33", True)})
    with provoked(desktop, faults, "409"):
        _press(desktop, "4", "4", "Enter")
        expect(desktop.locator("[data-status]")).to_have_text(
            "This cell was changed in another tab meanwhile. Look at it again."
        )
    expect(desktop.locator("[data-cell-name]")).to_have_text("Row 1 · Second")
    expect(desktop.locator("[data-accept-text]")).to_have_text("Accept 33")
    assert sheet.values()[1] == ("33", True)
    other.close()


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_a_value_that_its_column_does_not_expect_is_saved_and_marked(desktop: Page, sheet: StoredSheet) -> None:
    _open_check(desktop, sheet)
    _press(desktop, "9", "9", "9", "9", "Enter")
    expect(desktop.locator("[data-status]")).to_contain_text("more than the largest value that was expected")
    expect(desktop.locator("[data-table] [data-problem]")).to_have_text("9999, confirmed, not as expected")
    _press(desktop, "u")
    expect(desktop.locator("[data-table] [data-problem]")).to_have_count(0)


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_cells_are_accepted_by_the_errors_they_leave_and_undone(desktop: Page, sheet: StoredSheet) -> None:
    desktop.goto(sheet.url)
    desktop.get_by_label("6 of 9 probably none wrong").check()
    desktop.get_by_role("button", name="Accept them").click()
    expect(desktop.get_by_text("6 cells were accepted.")).to_be_visible()
    assert sum(is_confirmed for _, is_confirmed in sheet.values()) == 6
    desktop.get_by_role("button", name="Undo the last change").click()
    expect(desktop.get_by_text("6 cells are open again.")).to_be_visible()
    assert not any(is_confirmed for _, is_confirmed in sheet.values())


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_the_next_page_follows_the_last_cell_of_one(service: Site, desktop: Page) -> None:
    sheet = store_sheet(service, pages=2)
    _open_check(desktop, sheet)
    expect(desktop.locator("[data-progress]")).to_have_text("0 of 6 doubtful")
    _press(desktop, "Enter", "Enter", "Enter")
    expect(desktop.locator("[data-progress]")).to_have_text("3 of 6 doubtful")
    expect(desktop.locator("[data-cell-name]")).to_have_text("Row 1 · Second")
    _wait_for(desktop, sheet, {1: ("30", True), 8: ("27", True), 10: ("30", False)})


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_a_phone_has_large_buttons_for_everything_and_no_keyboard_in_the_way(
    service: Site, logged_in: StorageState, new_page: OpenPage, sheet: StoredSheet
) -> None:
    phone = new_page(375, 667, storage_state=logged_in, has_touch=True, is_mobile=True)
    _open_check(phone, sheet)
    for name in ("Accept 30", "36", "Empty", "Skip", "Undo"):
        box = (
            phone.get_by_role("main")
            .get_by_role("button", name=name, exact=True)
            .or_(phone.get_by_role("link", name=name, exact=True))
            .bounding_box()
        )
        assert box is not None and box["y"] + box["height"] <= 667 and min(box["height"], box["width"]) >= 44, name
    phone.get_by_role("button", name="36", exact=True).tap()
    phone.get_by_role("button", name="Accept 7", exact=True).tap()
    _wait_for(phone, sheet, {1: ("36", True), 3: ("7", True)})
    assert phone.evaluate("document.activeElement.tagName") != "INPUT"


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_each_photograph_is_sent_at_once_and_what_is_wrong_with_it_is_told(service: Site, desktop: Page) -> None:
    desktop.goto(f"{service.url}/sheets/new/")
    grey = io.BytesIO()
    Image.new("L", (1200, 1600), 128).save(grey, "JPEG")
    file = {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": grey.getvalue()}
    desktop.locator("[data-files]").set_input_files([file, file | {"name": "no.txt", "buffer": b"nothing"}])  # type: ignore[list-item]
    refused = desktop.get_by_role("listitem").filter(has_text="no.txt").get_by_role("alert")
    expect(refused).to_contain_text("This file can't be read.")
    expect(desktop.locator("[data-send-status]")).to_be_empty()
    desktop.goto(f"{service.url}/sheets/")
    desktop.get_by_role("list", name="Your sheets").get_by_role("link").first.click()
    expect(desktop.locator("[data-failed] .sheet-problem").first).to_be_visible()


@pytest.mark.long  # see the quick one above: 3 to 8 s each
def test_a_sheet_that_was_deleted_in_another_tab_is_asked_for_no_more(
    service: Site, desktop: Page, sheet: StoredSheet, faults: list[str]
) -> None:
    service.execute("UPDATE predictions_sheet SET settled_at = NULL WHERE id = %s", sheet.id)
    service.execute("UPDATE predictions_sheetpage SET status = 'queued', finished_at = NULL, available_at = now() + "
                    "interval '1 day' WHERE sheet_id = %s", sheet.id)  # fmt: skip
    desktop.goto(sheet.url)
    expect(desktop.get_by_text("Looking at it…")).to_be_visible()
    service.execute("UPDATE predictions_sheet SET deleted_at = now() WHERE id = %s", sheet.id)
    with provoked(desktop, faults, "404"):
        expect(desktop.get_by_text("This sheet was deleted.")).to_be_visible()
    expect(desktop.get_by_text("Looking at it…")).to_be_hidden()
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    desktop.wait_for_timeout(2_000)
    assert asked == []
