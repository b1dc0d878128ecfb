"""Cells of sheets are in no list, count, statistic or review queue of drawings, and wait under a limit of their own."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from predictions.models import HistoryTerm, Lane, Sheet, Submission
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.own_statistics.activity import Unit, load_activity
from predictions.services.sheets.quotas import room_for_cells
from predictions.services.submit import new_submission, submit_drawing
from predictions.worker import challenger
from tests.factories import make_reviewer, make_submission, make_user, read_one
from tests.sheets import make_sheet, make_unread_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_a_list_shows_drawings_alone(api, page, alice):
    first, _, last = read_one(alice), make_sheet(alice, confidence=0.5), read_one(alice)
    shown = api.get("/api/v1/submissions/").json()["results"]
    assert [one["id"] for one in shown] == [str(last.id), str(first.id)]
    html = page.get("/history/").content.decode()
    assert last.get_absolute_url() in html
    assert not any(str(row.id) in html for row in Submission.objects.filter(sheet__isnull=False))
    neighbors = page.get(last.get_absolute_url()).context["neighbors"]
    assert str(first.id) in neighbors["older_url"]


def test_a_cell_has_a_page_of_its_own_without_neighbors(api, page, alice):
    read_one(alice)
    sheet = make_sheet(alice)
    read_one(alice)
    cell = Submission.objects.filter(sheet=sheet).first()
    answer = page.get(cell.get_absolute_url())
    assert (answer.status_code, answer.context["neighbors"]["newer_url"], answer.context["neighbors"]["older_url"]) == (
        200,
        None,
        None,
    )
    assert api.get(f"/api/v1/submissions/{cell.id}/").json()["source"] == "sheet"


def test_neither_statistics_nor_reviews_nor_searches_have_cells(alice):
    make_sheet(alice, confidence=0.5)
    Submission.objects.update(verdict="unsure")
    assert load_activity(alice, Unit.DAY, timezone.get_default_timezone()).total == 0
    assert not Submission.objects.to_review().exists()
    assert not Submission.objects.not_reviewed().exists()
    assert not HistoryTerm.objects.exists()
    row = read_one(alice)
    assert HistoryTerm.objects.filter(submission=row).exists()
    client = Client()
    client.force_login(make_reviewer())
    assert str(Submission.objects.filter(sheet__isnull=False).first().id) not in client.get("/review/").content.decode()


def test_a_challenger_reads_no_cells(alice):
    make_sheet(alice)
    running = type("Running", (), {"share": 1.0, "model_version_id": 1})()
    assert challenger._choose(running) is None


def test_cells_do_not_count_as_drawings_in_flight(alice, settings):
    settings.IN_FLIGHT_LIMIT = 300  # near enough to be counted exactly
    make_unread_sheet(alice)
    assert quotas._count(alice, quotas.SUBMISSIONS_IN_FLIGHT) == 0
    row = submit_drawing(new_submission(alice, source="draw"), make_submission(alice).drawing)
    assert row.lane == Lane.INTERACTIVE


def test_cells_and_waiting_pages_have_a_limit_of_their_own(alice, settings):
    settings.SHEET_CELLS_LIMIT = 306
    make_unread_sheet(alice)
    with room_for_cells(alice, 300):
        pass
    with pytest.raises(Refused) as refused, room_for_cells(alice, 301):
        pass
    assert (refused.value.code, refused.value.status) == ("too_many_in_flight", 429)
    with room_for_cells(make_user("bob"), 301):
        pass


def test_a_cell_cannot_be_stored_in_the_lists(alice):
    sheet = Sheet.objects.create(owner=alice)
    with pytest.raises(IntegrityError, match="submission_cell_is_hidden"), transaction.atomic():
        make_submission(alice, sheet=sheet)
