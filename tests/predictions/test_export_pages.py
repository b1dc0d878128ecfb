"""The page of exports: what it offers and shows, what its forms do, and that it shows nothing of others."""

import pytest
from django.urls import reverse

from accounts.cursors import make_cursor
from predictions.models import Export, ExportChunk, Submission
from predictions.services.selection.deletion import delete_rows
from predictions.worker.exports import run
from tests.exports import file_of, queue_export, write_export
from tests.factories import make_user, read_one

pytestmark = pytest.mark.django_db
URL = "/history/exports/"


@pytest.fixture
def page(client, alice):
    """Return a client that is logged in as alice."""
    client.force_login(alice)
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_person_exports_downloads_and_deletes(page, alice):
    first = read_one(alice)
    assert "1 drawing, all you have." in text_of(page.get(URL))
    asked = page.post(URL, {"format": "csv"}, follow=True)
    assert "Written: 0 of 1" in text_of(asked)
    assert "One file is written at a time" in text_of(asked)
    assert run.run_next(go_on=lambda: True)
    export = Export.objects.get()
    shown = text_of(page.get(URL))
    assert reverse("export-file", args=[export.pk]) in shown
    assert "will be deleted on" in shown
    file = page.get(reverse("export-file", args=[export.pk]))
    assert str(first.id).encode() in b"".join(file)
    assert (file["Cache-Control"], file["X-Content-Type-Options"]) == ("private, no-store", "nosniff")
    assert file["Content-Disposition"].startswith("attachment")
    gone = page.post(reverse("delete-export", args=[export.pk]), follow=True)
    assert "The export was deleted." in text_of(gone)
    assert not ExportChunk.objects.exists()


def test_the_filters_of_the_history_choose(page, alice):
    read_one(alice)
    other = read_one(alice)
    Submission.objects.filter(pk=other.pk).update(text="3")
    query = "?digit=3"
    assert f"{URL}{query}" in page.get(f"/history/{query}").content.decode()
    assert "1 drawing matches your filters." in text_of(page.get(URL + query))
    page.post(URL + query, {"format": "csv"})
    run.run_next(go_on=lambda: True)
    data = file_of(Export.objects.get())
    assert (data.count(b"\n"), str(other.id).encode() in data) == (2, True)


def test_what_the_form_of_the_history_selects_is_shown_and_exported(page, alice):
    mine, theirs = read_one(alice), read_one(make_user("bob"))
    read_one(alice)
    selected = {"id": [str(mine.id), str(theirs.id), "x"]}
    shown = page.post(URL, selected)
    assert "1 drawing is selected." in text_of(shown)
    assert f'name="id" value="{mine.id}"' in text_of(shown)
    assert not Export.objects.exists()
    page.post(URL, {**selected, "format": "csv"})
    assert Export.objects.get().total == 1


def test_what_is_no_id_chooses_nothing(page, alice):
    read_one(alice)
    assert "No drawings match, so there is nothing to export." in text_of(page.post(URL, {"id": "x"}))
    page.post(URL, {"id": "x", "format": "csv"})
    assert not Export.objects.exists()


def test_all_that_matched_does_not_have_what_arrived_later(page, alice):
    first = read_one(alice)
    newest = make_cursor(alice, first.key, "history")
    read_one(alice)
    assert "1 drawing, all you have." in text_of(page.post(URL, {"all": "on", "newest": newest, "id": [str(first.id)]}))
    assert "2 drawings, all you have." in text_of(page.post(URL, {"all": "on", "newest": "forged"}))
    page.post(URL, {"newest": newest, "format": "csv"})
    assert Export.objects.get().total == 1


def test_everything_is_offered_with_the_account_s_data(page, alice):
    assert 'value="everything"' in page.get(reverse("account_data")).content.decode()
    page.post(URL, {"format": "everything"})
    assert Export.objects.get().format == "everything"


def test_a_second_export_is_refused_in_words(page, alice):
    read_one(alice)
    queue_export(alice)
    answer = page.post(URL, {"format": "png"}, follow=True)
    assert "Another file is still being written." in text_of(answer)
    assert Export.objects.count() == 1


def test_nothing_to_export_is_said(page, alice):
    assert "You have no drawings to export." in text_of(page.get(URL))
    assert "nothing to export" in text_of(page.get(f"{URL}?digit=8"))
    assert "nothing to export" in text_of(page.post(URL, {"format": "csv"}, follow=True))


def test_why_a_file_could_not_be_written_is_said(page, alice):
    read_one(alice)
    queue_export(alice)
    Export.objects.update(limit_bytes=1)
    run.run_next(go_on=lambda: True)
    assert "more storage than you have left" in text_of(page.get(URL))


def test_how_many_were_deleted_before_they_were_written_is_said(page, alice):
    rows = [read_one(alice) for _ in range(3)]
    queue_export(alice)
    delete_rows(alice, Submission.objects.filter(pk__in=[row.pk for row in rows[:2]]))
    run.run_next(go_on=lambda: True)
    assert "1 of 3 drawings; the others were deleted meanwhile. Requested on" in text_of(page.get(URL))


def test_a_file_is_not_found_until_it_is_written(page, alice):
    read_one(alice)
    export = queue_export(alice)
    assert page.get(reverse("export-file", args=[export.pk])).status_code == 404


def test_nothing_of_others_is_shown_sent_or_deleted(page, alice):
    bob = make_user("bob")
    read_one(bob)
    export = write_export(bob)
    assert str(export.pk) not in page.get(URL).content.decode()
    assert page.get(reverse("export-file", args=[export.pk])).status_code == 404
    assert page.post(reverse("delete-export", args=[export.pk])).status_code == 404
    assert Export.objects.exists()


def test_a_log_in_comes_first(client):
    for answer in (client.get(URL), client.post(URL, {"format": "csv"})):
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]


def test_the_page_costs_as_many_queries_however_many_exports(page, alice, django_assert_num_queries):
    for _ in range(3):
        read_one(alice)
        write_export(alice)
    page.get(URL)
    with django_assert_num_queries(4):  # session, user, exports, count
        page.get(URL)
