"""Workers cut pages into cells, each once; what can't be read is told, and what is special is left to the right."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from accounts.models import User
from ml.sheets.files import UnreadableImage
from predictions import claims, lifecycle
from predictions.claims import queues
from predictions.models import (
    CellState,
    ErrorCode,
    PageFile,
    Sheet,
    SheetCell,
    SheetPage,
    SheetTemplate,
    Source,
    Status,
    Submission,
    TemplateKind,
)
from predictions.models.sheets.codes import make_code
from predictions.services.sheets.naming import name_columns
from predictions.services.sheets.tables import load_table
from predictions.services.sheets.taking import delete_sheet
from predictions.services.sheets.templates import create_template, revise_template
from predictions.services.sheets.wording.photographs import describe_quality
from predictions.worker import sweep
from predictions.worker.sheets import run, settling
from tests.factories import make_submission, make_user
from tests.predictions.worker.sheets.tools import TOOLS, photograph
from tests.sheets import FORM, NUMBER, make_template, read_cells

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user()


@pytest.fixture
def template(alice: User) -> SheetTemplate:
    return make_template(alice)


def _send(owner: User, *files: bytes, template: SheetTemplate | None = None, kind: str = "image/jpeg") -> Sheet:
    sheet = Sheet.objects.create(owner=owner, template=template)
    for number, data in enumerate(files, start=1):
        page = SheetPage.objects.create(sheet=sheet, owner=owner, number=number, kept_bytes=len(data))
        PageFile.objects.create(page=page, data=data, content_type=kind)
    return sheet


def _run_all(tools: Any = TOOLS) -> None:
    while run.run_next(tools):
        pass


def _states(sheet: Sheet) -> list[tuple[str, str]]:
    return list(SheetPage.objects.filter(sheet=sheet).order_by("number").values_list("status", "error_code"))


def test_each_written_cell_of_a_read_column_is_a_submission(alice, template):
    sheet = _send(alice, photograph(code=make_code(template, 1), states={"0,1": "empty", "1,2": "crossed_out"}))
    _run_all()
    sheet.refresh_from_db()
    assert sheet.template == template
    rows = Submission.objects.filter(sheet=sheet)
    assert rows.count() == 4
    assert {(row.source, row.lane, row.owner, row.may_train, row.review_sample) for row in rows} == {
        (Source.SHEET, "bulk", alice, False, False)
    }
    assert rows.filter(cell__column=1).get().expects == template.template.columns[1].expects.as_dict()
    cells = {(cell.row, cell.column): cell for cell in SheetCell.objects.all()}
    assert (len(cells), cells[0, 1].state, cells[1, 2].state) == (8, CellState.EMPTY, CellState.CROSSED_OUT)
    assert [cells[row, 0].state for row in range(2)] == [CellState.NOT_READ, CellState.NOT_READ]
    page = SheetPage.objects.get()
    assert (page.status, page.width_px, page.height_px, page.file.data) == (Status.SUCCEEDED, 80, 100, None)
    assert page.quality == {"is_good": True, "problems": []}
    assert bytes(page.file.picture).startswith(b"\xff\xd8")
    kept = len(page.file.picture) + sum(len(cell.image or b"") for cell in cells.values())
    assert page.kept_bytes == kept


def test_a_total_is_read_without_the_range_of_what_it_adds_up(alice):
    points = {"kind": "digits", "max_length": 2, "max": 60}
    form = {"title": "Marks", "rows": 2, "columns": [{"name": "Points", "expects": points}]}
    template = create_template(alice, form | {"sums": [{"kind": "column", "total": 0}]})
    _send(alice, photograph(code=make_code(template, 1)))
    _run_all()
    expected = dict(Submission.objects.values_list("cell__row", "expects"))
    assert [expected[row]["max_length"] for row in range(3)] == [2, 2, 32]
    assert [expected[row].get("max") for row in range(3)] == [60, 60, None]


def test_a_page_that_is_blurred_is_refused_with_its_quality(alice, template):
    sheet = _send(alice, photograph(code=make_code(template, 1), problems=["blurred"]))
    _run_all()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.BAD_PHOTO)]
    page = SheetPage.objects.get()
    assert page.quality["problems"] == [{"kind": "blurred", "place": "upper left"}]
    assert (page.file.data, bytes(page.file.picture)[:2]) == (None, b"\xff\xd8")
    assert not SheetCell.objects.exists()


def test_an_own_table_that_is_blurred_or_dark_is_refused_and_a_shaded_one_is_only_told(alice):
    files = [photograph(lines=[2, 2], problems=[kind]) for kind in ("blurred", "dark", "shadow")]
    sheet = _send(alice, *files)
    _run_all()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.BAD_PHOTO)] * 2 + [(Status.SUCCEEDED, "")]
    qualities = [page.quality for page in sheet.pages.order_by("number")]
    assert [quality["is_good"] for quality in qualities] == [False, False, True]
    assert [quality["problems"][0]["kind"] for quality in qualities] == ["blurred", "dark", "shadow"]


def test_a_page_of_ours_without_its_marks_is_no_own_table(alice):
    old = make_template(alice)
    revise_template(old, old.form | {"title": "Harvest"})  # pages printed before are still filled in
    sheet = _send(alice, photograph(lines=[2, 2], looks_like=old.title))
    _run_all()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.BAD_PHOTO)]
    page = SheetPage.objects.get()
    told = {"is_good": False, "problems": [{"kind": "marks_missing", "place": "", "title": old.title}]}
    assert page.quality == told
    assert old.title in describe_quality(page.quality, is_fatal=True)[0].text


def test_a_table_is_compared_with_templates_of_its_owner_only_until_its_columns_are_named(alice):
    title = make_template(make_user("bob")).title
    file = photograph(lines=[3, 2], looks_like=title)
    sheet = _send(alice, file)
    _run_all()
    assert _states(sheet) == [(Status.SUCCEEDED, "")]
    sheet.refresh_from_db()
    name_columns(sheet, {"columns": [{"name": "Item", "kind": "text"}, {"name": "Count", "kind": "read"}]})
    make_template(alice)  # which looks alike, too
    again = _send(alice, file)
    _run_all()
    assert _states(again) == [(Status.SUCCEEDED, "")]


def test_a_page_with_cells_beyond_the_photograph_is_refused(alice, template):
    sheet = _send(alice, photograph(code=make_code(template, 1), cut_off=True))
    _run_all()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.BAD_PHOTO)]
    page = SheetPage.objects.get()
    assert page.quality == {"is_good": False, "problems": [{"kind": "cells_missing", "place": ""}]}
    assert not SheetCell.objects.exists()


def test_what_hides_a_table_is_told(alice, template):
    dark = photograph(reasons=["dark"])
    sheets = [_send(alice, dark), _send(alice, dark, template=template)]
    _run_all()
    assert [_states(sheet)[0][1] for sheet in sheets] == [ErrorCode.NO_TABLE, ErrorCode.BAD_PHOTO]
    kinds = [page.quality["problems"][0]["kind"] for page in SheetPage.objects.all()]
    assert kinds == ["dark", "dark"]


def test_the_quality_is_told_before_the_cells_are_cut(alice, template):
    told = []

    def cut(*_given: Any) -> Any:
        told.append(SheetPage.objects.get().quality)
        raise OperationalError("the disk is full")

    _send(alice, photograph(code=make_code(template, 1)))
    with pytest.raises(OperationalError):
        run.run_next(replace(TOOLS, cut_page=cut))
    assert told == [{"is_good": True, "problems": []}]
    page = SheetPage.objects.get()
    assert (page.status, page.attempts) == (Status.QUEUED, 0)  # no fault of the page's


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("A" * 29, ErrorCode.FOREIGN_CODE),
        ("https://example.com", ErrorCode.FOREIGN_CODE),
        ("of bob", ErrorCode.FOREIGN_CODE),
        ("of another", ErrorCode.OTHER_TEMPLATE),
    ],
)
def test_a_code_of_another_template_is_refused(alice, template, code, error):
    if code == "of bob":
        code = make_code(make_template(make_user("bob")), 1)
    if code == "of another":
        code = make_code(make_template(alice), 1)
    sheet = _send(alice, photograph(code=code), template=template)
    _run_all()
    assert _states(sheet) == [(Status.FAILED, error)]


def test_a_page_printed_from_an_earlier_version_is_read_as_that_although_the_newest_was_named(alice, template):
    newest = revise_template(template, FORM | {"rows": 3})
    sheet = _send(alice, *[photograph(code=make_code(template, 1))] * 2, template=newest)
    _run_all()
    sheet.refresh_from_db()
    assert (sheet.template, _states(sheet)) == (template, [(Status.SUCCEEDED, "")] * 2)
    mixed = _send(alice, photograph(code=make_code(template, 1)), photograph(code=make_code(newest, 1)))
    _run_all()
    assert _states(mixed)[1] == (Status.FAILED, ErrorCode.OTHER_TEMPLATE)


def test_cells_that_something_lies_over_are_told_and_doubtful(alice):
    def cut(*given: Any) -> Any:
        page = TOOLS.cut_page(*given)
        return page._replace(cells=[cell._replace(is_covered=(cell.row, cell.column) == (0, 1)) for cell in page.cells])

    template = make_template(alice, FORM | {"sums": []})
    sheet = _send(alice, photograph(code=make_code(template, 1)))
    _run_all(replace(TOOLS, cut_page=cut))
    page = SheetPage.objects.get()
    assert page.quality == {"is_good": True, "problems": [{"kind": "covered", "place": ""}], "covered": [[0, 1]]}
    read_cells(sheet)
    assert settling.settle(sheet.pk)
    covered, other = (SheetCell.objects.get(row=row, column=1) for row in range(2))
    assert covered.confidence <= 0.5 < other.confidence


def test_a_code_that_cannot_be_read_matters_only_if_the_template_is_unknown(alice, template):
    files = [photograph(code="", problems=problems) for problems in (["code_hidden"], ["shadow", "no_code"])]
    known = _send(alice, *files, template=template)
    unknown = _send(alice, photograph(code="", problems=["no_code"]))
    _run_all()
    assert _states(known) == [(Status.SUCCEEDED, "")] * 2
    assert [page.quality["problems"] for page in known.pages.order_by("number")] == [
        [],
        [{"kind": "shadow", "place": "upper left"}],
    ]
    assert _states(unknown) == [(Status.FAILED, ErrorCode.NO_CODE)]


def test_copies_of_one_page_are_told_apart(alice, template):
    file = photograph(code=make_code(template, 1))
    sheet = _send(alice, file, file)
    _run_all()
    assert sorted(SheetPage.objects.values_list("template_page", "copy")) == [(1, 0), (1, 1)]
    assert [(row.copy, row.row) for row in load_table(sheet).rows] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_pdf_is_split_into_its_pages(alice, template):
    one = {"code": make_code(template, 1)}
    sheet = _send(alice, photograph(code=""), photograph(**one))
    first, last = SheetPage.objects.order_by("number")
    PageFile.objects.filter(page=first).update(
        data=b"[%s]" % b",".join([photograph(**one)] * 3), content_type="application/pdf"
    )
    _run_all()
    assert _states(sheet) == [(Status.SUCCEEDED, "")] * 4
    last.refresh_from_db()
    assert last.number == 4
    assert SheetCell.objects.count() == 4 * 8


def test_a_pdf_with_too_many_pages_is_refused(alice):
    sheet = _send(alice, b"[%s]" % b",".join([b"{}"] * 21), kind="application/pdf")
    _run_all()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.TOO_MANY_PAGES)]


def test_a_file_that_cannot_be_decoded_is_refused(alice):
    def refuse(_data: bytes) -> Any:
        raise UnreadableImage("damaged")

    sheet = _send(alice, b"damaged")
    _run_all(replace(TOOLS, open_image=refuse))
    assert _states(sheet) == [(Status.FAILED, ErrorCode.BAD_FILE)]
    assert SheetPage.objects.get().kept_bytes == 0


def test_a_page_that_breaks_the_code_is_given_up(alice, settings):
    settings.MAX_ATTEMPTS = 2

    def crash(_data: bytes) -> Any:
        raise ValueError("a bug")

    sheet = _send(alice, b"poison")
    for _ in range(3):
        run.run_next(replace(TOOLS, open_image=crash))
        SheetPage.objects.update(available_at="2026-01-01T00:00Z")
    sweep.repair()
    assert _states(sheet) == [(Status.FAILED, ErrorCode.GAVE_UP)]


def test_nothing_without_a_table_is_cut(alice, template):
    no_table = _send(alice, photograph())
    no_marks = _send(alice, photograph(lines=[2, 2]), template=template)
    _run_all()
    assert _states(no_table) == [(Status.FAILED, ErrorCode.NO_TABLE)]
    assert _states(no_marks) == [(Status.FAILED, ErrorCode.BAD_PHOTO)]
    assert SheetPage.objects.get(sheet=no_marks).quality["problems"][0]["kind"] == "marks_missing"


def test_an_own_table_waits_for_names_and_is_known_again(alice):
    file = photograph(lines=[3, 2], states={"0,1": "empty"})
    sheet = _send(alice, file, file)
    _run_all()
    sheet.refresh_from_db()
    assert (sheet.template, Submission.objects.count()) == (None, 0)
    assert [column.name for column in load_table(sheet).columns] == ["1", "2"]
    kept = sum(SheetPage.objects.values_list("kept_bytes", flat=True))
    form = {"columns": [{"name": "Item", "kind": "text"}, {"name": "Count", "kind": "read", "expects": NUMBER}]}
    named = name_columns(sheet, form)
    assert (named.kind, named.template.rows, named.table) == (TemplateKind.RULED, 3, {"lines": [3, 2]})
    rows = Submission.objects.filter(sheet=sheet)
    assert {(row.cell.column, row.cell.state) for row in rows} == {(1, CellState.WRITTEN)}
    assert rows.count() == 4
    assert sum(SheetPage.objects.values_list("kept_bytes", flat=True)) + sum(row.kept_bytes for row in rows) == kept
    again = _send(alice, file)
    _run_all()
    again.refresh_from_db()
    assert (again.template, Submission.objects.filter(sheet=again).count()) == (named, 2)
    other = _send(make_user("bob"), file)
    _run_all()
    other.refresh_from_db()
    assert other.template is None


def test_tables_with_other_lines_are_no_pages_of_one_sheet(alice):
    sheet = _send(alice, photograph(lines=[3, 2]), photograph(lines=[3, 4]))
    _run_all()
    assert _states(sheet) == [(Status.SUCCEEDED, ""), (Status.FAILED, ErrorCode.OTHER_TEMPLATE)]


def test_a_sheet_that_is_deleted_while_it_is_cut_gets_no_cells(alice, template):
    sheet = _send(alice, photograph(code=make_code(template, 1)))

    def cut(*given: Any) -> Any:
        delete_sheet(sheet)
        return TOOLS.cut_page(*given)

    run.run_next(replace(TOOLS, cut_page=cut))
    assert _states(sheet) == [(Status.CANCELED, "")]
    assert not SheetCell.objects.exists()


def test_a_worker_that_lost_its_claim_stores_nothing(alice, template):
    _send(alice, photograph(code=make_code(template, 1)))

    def cut(*given: Any) -> Any:
        SheetPage.objects.update(claim="6f9619ff-8b86-d011-b42d-00c04fc964ff")  # another worker has it
        return TOOLS.cut_page(*given)

    run.run_next(replace(TOOLS, cut_page=cut))
    assert not SheetCell.objects.exists()
    assert not Submission.objects.exists()


def test_a_page_whose_owner_older_code_deleted_is_not_cut(alice, template):
    sheet = _send(alice, photograph(code=make_code(template, 1)))

    def cut(*given: Any) -> Any:
        User.objects.filter(pk=alice.pk)._raw_delete("default")
        return TOOLS.cut_page(*given)

    run.run_next(replace(TOOLS, cut_page=cut))
    assert _states(sheet) == [(Status.CANCELED, "")]


def test_owners_take_turns_with_their_pages(alice, template):
    bob = make_user("bob")
    first = _send(alice, *[b"{}"] * 3)
    second = _send(bob, b"{}")
    order = []
    for _ in range(4):
        with claims.claimed_page() as [page]:
            order.append(page.sheet)
            lifecycle.fail_page(page, ErrorCode.NO_TABLE)
    assert order == [first, second, first, first]


def test_a_page_is_looked_at_but_not_cut_while_many_cells_of_its_owner_wait(alice, template, monkeypatch):
    monkeypatch.setattr(queues, "CELLS_AHEAD", 6)
    file = photograph(code=make_code(template, 1))
    sheet = _send(alice, file, file)
    _run_all()
    SheetPage.objects.update(available_at="2026-01-01T00:00Z")
    pages = list(SheetPage.objects.filter(sheet=sheet).order_by("number"))
    assert [page.status for page in pages] == [Status.SUCCEEDED, Status.QUEUED]
    assert (pages[1].quality, pages[1].attempts) == ({"is_good": True, "problems": []}, 0)


def test_interactive_drawings_go_first(alice, template, reader):
    waiting = []

    def find(pixels: Any) -> Any:
        make_submission(alice)  # it arrives meanwhile
        return TOOLS.find_page(pixels)

    def cut(*given: Any) -> Any:
        waiting.append(Submission.objects.get(sheet=None).status)
        return TOOLS.cut_page(*given)

    _send(alice, photograph(code=make_code(template, 1)))
    run.run_next(replace(TOOLS, find_page=find, cut_page=cut))
    assert waiting == [Status.SUCCEEDED]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf"])
def test_interactive_drawings_are_read_while_a_slow_file_is_decoded(alice, reader, kind):
    is_drawing_read = []

    def decode(_data: bytes) -> Any:  # as a file that takes 15 s, in another thread
        make_submission(alice)
        until = time.monotonic() + 15
        while not is_drawing_read and time.monotonic() < until:
            is_drawing_read.extend(Submission.objects.filter(status=Status.SUCCEEDED))
            time.sleep(0.01)
        connection.close()
        raise UnreadableImage("nobody waits for it any more")

    _send(alice, b"slow", kind=kind)
    run.run_next(replace(TOOLS, open_image=decode, open_pdf=decode))
    assert len(is_drawing_read) == 1


def test_while_all_sheets_are_settled_one_query_asks_for_them(alice, django_assert_num_queries):
    Sheet.objects.create(owner=alice, settled_at=Now())
    with django_assert_num_queries(1):
        assert not run.run_next()
