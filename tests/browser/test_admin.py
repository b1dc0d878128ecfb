"""The admin in a browser, on a phone by touch and on a desktop by mouse and keyboard."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from ml.golden import golden_drawing
from tests.browser.admin_site import ADMIN, REVIEWER
from tests.browser.conftest import OpenPage
from tests.site import Site

PHONE, DESKTOP = 375, 1280
on_both_widths = pytest.mark.parametrize("width", [PHONE, DESKTOP])
# what is the same on both: the other width would take another 3 s for each test
on_a_phone = pytest.mark.parametrize("width", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.long)])
on_a_desktop = pytest.mark.parametrize("width", [DESKTOP, pytest.param(PHONE, marks=pytest.mark.long)])


@pytest.fixture
def page(service: Site, sessions: dict[str, StorageState], new_page: OpenPage, width: int) -> Page:
    """Open the admin as carol, a reviewer, on a phone or a desktop."""
    return _enter(service, new_page, width, sessions[REVIEWER])


def _enter(service: Site, new_page: OpenPage, width: int, session: StorageState) -> Page:
    page = new_page(width, 740, has_touch=width == PHONE, is_mobile=width == PHONE, storage_state=session)
    page.goto(f"{service.url}/admin/")
    return page


def _send(service: Site, name: str, digit: int = 5) -> dict[str, Any]:
    """Send a drawing as `name`; return the finished submission with its `key`."""
    drawing = golden_drawing(digit, seed=3)
    sent = service.request("POST", "/api/v1/submissions/", name, json=drawing, headers={"Prefer": "wait=10"}).json()
    assert sent["status"] == "succeeded"
    return sent | {"key": service.query("SELECT key FROM predictions_submission WHERE id = %s", sent["id"])[0][0]}


def _label(service: Site, sent: dict[str, Any]) -> Any:
    return service.request("GET", sent["url"]).json()["label"]


def _press(target: Locator, width: int) -> None:
    """Tap on a phone, click on a desktop."""
    (target.tap if width == PHONE else target.click)()


def _row(page: Page, sent: dict[str, Any]) -> Locator:
    return page.locator("#result_list tbody tr").filter(has=page.locator(f'a[href*="/{sent["key"]}/change/"]'))


@on_both_widths
def test_reviewer_corrects_a_disputed_drawing_in_the_list(service: Site, page: Page, width: int) -> None:
    sent = _send(service, "alice")
    disputed = "UPDATE predictions_submission SET label = '1', label_by = 'owner' WHERE id = %s RETURNING 1"
    assert service.query(disputed, sent["id"]) == [(1,)]
    _press(page.get_by_role("link", name="Disputed by the owner"), width)
    row = _row(page, sent)
    expect(row.locator(".field-current_label")).to_have_text("1 (Owner)")
    picture, field = row.get_by_role("img"), row.get_by_role("textbox", name="Correct digits")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 96
    for seen in (picture, field):
        box = seen.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 44
    _press(field, width)
    page.keyboard.type("5")
    if width == PHONE:
        _press(page.get_by_role("button", name="Save"), width)
    else:
        page.keyboard.press("Enter")
    expect(page.get_by_text("1 submission was changed successfully.")).to_be_visible()
    expect(row).to_have_count(0)  # no longer disputed
    assert _label(service, sent) == {"text": "5", "is_digit": True, "by": "desk"}
    page.goto(f"{service.url}/admin/predictions/submission/?q={sent['id']}")
    _press(row.get_by_role("img"), width)
    expect(page.get_by_text("5 · - (Reviewer)")).to_be_visible()


@on_a_phone
def test_reviewer_marks_a_drawing_as_no_digit_on_its_page(service: Site, page: Page, width: int) -> None:
    sent = _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/?q={sent['id']}")
    _press(_row(page, sent).get_by_role("img"), width)
    picture = page.locator(".field-large_picture img").bounding_box()
    assert picture is not None and picture["width"] >= 240
    _press(page.get_by_label("Correct digits"), width)
    page.keyboard.type("*")
    _press(page.get_by_role("button", name="Save", exact=True), width)
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert _label(service, sent) == {"text": "", "is_digit": False, "by": "desk"}


@pytest.mark.long  # 2 s; tests of the admin show the refusal too
@on_a_desktop
def test_labelling_an_own_drawing_is_refused_and_saves_nothing(service: Site, page: Page, width: int) -> None:
    own, theirs = _send(service, "carol"), _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/?o=-9")
    field = _row(page, own).get_by_role("textbox")
    expect(field).not_to_be_editable()
    field.evaluate("field => field.removeAttribute('readonly')")
    field.fill("5")
    _row(page, theirs).get_by_role("textbox").fill("5")
    _press(page.get_by_role("button", name="Save"), width)
    expect(_row(page, own)).to_contain_text("You can't review your own drawing.")
    expect(_row(page, theirs).get_by_role("textbox")).to_have_value("5")  # kept, in its own row
    assert _label(service, theirs) is None
    labels = service.query("SELECT label FROM predictions_submission WHERE id = %s", own["id"])
    assert labels == [(None,)]


@on_a_desktop
def test_arrow_keys_move_between_labels(service: Site, page: Page, width: int) -> None:
    first, own, second = _send(service, "alice"), _send(service, "carol"), _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/?o=-9")
    upper, lower = (_row(page, sent).get_by_role("textbox") for sent in (second, first))
    upper.focus()
    page.keyboard.type("5")
    page.keyboard.press("ArrowDown")
    expect(lower).to_be_focused()  # skipping carol's own
    page.keyboard.type("8")
    page.keyboard.press("ArrowUp")
    expect(upper).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 submissions were changed successfully.")).to_be_visible()
    assert [_label(service, sent)["text"] for sent in (second, first)] == ["5", "8"]
    assert service.query("SELECT label FROM predictions_submission WHERE id = %s", own["id"]) == [(None,)]


@on_both_widths
def test_enter_saves_labels_even_with_an_action_selected(
    service: Site, sessions: dict[str, StorageState], new_page: OpenPage, width: int
) -> None:
    sent = _send(service, "alice")
    page = _enter(service, new_page, width, sessions[ADMIN])  # who may delete: there are actions
    page.goto(f"{service.url}/admin/predictions/submission/?q={sent['id']}")
    if width == DESKTOP:  # a phone shows no actions
        _row(page, sent).get_by_role("checkbox").check()
        page.get_by_role("combobox", name="Action").select_option("delete_selected")
        page.once("dialog", lambda dialog: dialog.accept())  # it is saved, and the action is not run
    _row(page, sent).get_by_role("textbox").focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 submission was changed successfully.")).to_be_visible()
    assert _label(service, sent) == {"text": "5", "is_digit": True, "by": "desk"}


@on_both_widths
def test_a_long_name_does_not_overflow_the_list(service: Site, page: Page, width: int) -> None:
    _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/")
    page.locator("tbody .field-owner").evaluate_all("cells => cells.forEach(one => one.textContent = 'W'.repeat(150))")
    box = page.locator("tbody .field-created_at").first.bounding_box()
    edge = page.locator("#changelist-form").bounding_box()
    assert box is not None and edge is not None
    assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 1


@on_both_widths
def test_values_are_titled_on_narrow_screens(service: Site, page: Page, width: int) -> None:
    _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/")
    named = page.locator("tbody .field-sure").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert named == ('"Confidence"' if width == PHONE else "none")
    heading = page.locator("#result_list thead").bounding_box()
    assert heading is not None and (heading["height"] <= 1) == (width == PHONE)
    expect(page.get_by_role("columnheader", name="Confidence")).to_have_count(1)  # still there for screen readers


@pytest.mark.long  # 5 s
@on_a_desktop
def test_filters_search_and_dates_narrow_the_list(service: Site, page: Page, width: int) -> None:
    sent = _send(service, "alice", digit=7)
    page.goto(f"{service.url}/admin/predictions/submission/")
    _press(page.get_by_text("By status"), width)
    _press(page.get_by_role("link", name="Failed"), width)
    [[failed]] = service.query(
        "SELECT count(*) FROM predictions_submission"
        " WHERE status = 'failed' AND deleted_at IS NULL AND superseded_at IS NULL"
    )
    told = f"{failed} submission{'' if failed == 1 else 's'}"
    expect(page.locator(".paginator").last).to_contain_text(told)
    _press(page.get_by_role("link", name="All", exact=True).nth(1), width)
    page.get_by_role("textbox", name="Search").fill(sent["id"])
    _press(page.get_by_role("button", name="Search"), width)
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(_row(page, sent).locator(".field-reading")).to_have_text("7")
    expect(_row(page, sent).locator(".field-created_at")).to_contain_text("UTC")


@on_a_phone
def test_admin_makes_a_user_a_reviewer(
    service: Site, sessions: dict[str, StorageState], new_page: OpenPage, width: int
) -> None:
    ((key,),) = service.query("SELECT id FROM accounts_user WHERE username = 'alice'")
    page = _enter(service, new_page, width, sessions[ADMIN])
    page.goto(f"{service.url}/admin/accounts/user/{key}/change/")
    boxes = [page.get_by_label(name, exact=True) for name in ("Staff status", "reviewer")]
    for box in boxes:
        _press(box, width)
    _press(page.get_by_role("button", name="Save and continue editing"), width)
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    groups = "SELECT g.name FROM auth_group g JOIN accounts_user_groups m ON m.group_id = g.id WHERE m.user_id = %s"
    assert service.query(groups, key) == [("reviewer",)]
    for box in boxes:  # undo it: alice only draws
        expect(box).to_be_checked()
        _press(box, width)
    _press(page.get_by_role("button", name="Save", exact=True), width)
    expect(page.get_by_role("heading", name="Select user to change")).to_be_visible()
    assert service.query(groups, key) == []


@pytest.mark.long  # 2 s
@on_a_phone
def test_typed_labels_survive_a_visit_to_another_page(service: Site, page: Page, width: int) -> None:
    sent = _send(service, "alice")
    queue = f"{service.url}/admin/predictions/submission/?q={sent['id']}"
    page.goto(queue)
    _row(page, sent).get_by_role("textbox").fill("5")
    expect(page.get_by_text("Unsaved labels: 1")).to_be_visible()
    page.goto(f"{service.url}/admin/")
    page.goto(queue)
    expect(_row(page, sent).get_by_role("textbox")).to_have_value("5")
    _press(page.get_by_role("button", name="Save"), width)
    expect(page.get_by_text("1 submission was changed successfully.")).to_be_visible()
    expect(_row(page, sent).get_by_role("textbox")).to_have_value("")
    expect(page.get_by_text("Unsaved labels")).to_be_hidden()


@pytest.mark.long  # two looks: 5 s
@on_both_widths
def test_the_save_bar_clips_nothing_and_hides_no_focus(service: Site, page: Page, width: int) -> None:
    for _ in range(6):
        _send(service, "alice")
    page.goto(f"{service.url}/admin/predictions/submission/")
    bar = page.locator("#changelist-form .paginator")
    bar.evaluate("bar => bar.insertAdjacentHTML('afterbegin', '<a href=\"?p=1\">12</a> '.repeat(20))")
    save = page.get_by_role("button", name="Save").bounding_box()
    assert save is not None and save["x"] >= 0 and save["x"] + save["width"] <= width
    fields = page.locator("#result_list [data-label]:read-write")
    for n in range(fields.count()):
        fields.nth(n).focus()
        field, top = fields.nth(n).bounding_box(), bar.bounding_box()
        assert field is not None and top is not None and field["y"] + field["height"] <= top["y"], n
