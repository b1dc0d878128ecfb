"""Exports by the API: requested, followed, downloaded and deleted, by their owner alone; and lines streamed."""

import json
import uuid

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEvent
from accounts.tokens import create_token
from predictions.models import Export, ExportChunk, Submission
from predictions.services.exports.downloads import ChunksMissing
from predictions.worker.exports import run
from tests.exports import file_of, queue_export, write_export
from tests.factories import make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
URL = "/api/v1/exports/"
LINES = "/api/v1/submissions.ndjson"


def bytes_of(response) -> bytes:
    return b"".join(response)


def lines_of(response) -> list[dict]:
    assert response.status_code == 200
    return [json.loads(line) for line in bytes_of(response).splitlines()]


def test_an_export_is_requested_followed_downloaded_and_deleted(api, alice):
    first = read_one(alice)
    asked = api.post(URL, {"format": "csv"}, format="json")
    assert (asked.status_code, asked.data["status"], asked.data["file"]) == (202, "queued", None)
    assert asked["Location"] == asked.data["url"]
    assert run.run_next(go_on=lambda: True)
    found = api.get(asked["Location"])
    assert (found.data["status"], found.data["done"], found.data["total"]) == ("succeeded", 1, 1)
    file = api.get(found.data["file"])
    data = bytes_of(file)
    assert str(first.id).encode() in data
    assert file["Content-Length"] == str(len(data)) == str(found.data["bytes"])
    assert file["Content-Disposition"].startswith('attachment; filename="inkling-')
    assert file["Cache-Control"] == "private, no-store"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert api.delete(found.data["url"]).status_code == 204
    assert api.get(found.data["url"]).status_code == api.get(found.data["file"]).status_code == 404
    assert not ExportChunk.objects.exists()
    actions = AuditEvent.objects.filter(actor=alice, action__startswith="export.").values_list("action", flat=True)
    assert sorted(actions) == ["export.deleted", "export.downloaded", "export.requested"]


def test_exports_of_others_do_not_exist(api, alice):
    bob = make_user("bob")
    read_one(bob)
    export = write_export(bob)
    assert api.get(URL).data == {"results": []}
    for path in (f"{URL}{export.pk}/", f"{URL}{export.pk}/file"):
        assert api.get(path).status_code == 404
    assert api.delete(f"{URL}{export.pk}/").status_code == 404
    assert Export.objects.exists()


def test_a_token_that_only_reads_requests_and_deletes_none(alice):
    read_one(alice)
    export = write_export(alice)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice, access='read')}")
    assert client.get(f"{URL}{export.pk}/file").status_code == 200
    assert client.post(URL, {"format": "csv"}, format="json").data["error"]["code"] == "insufficient_scope"
    assert client.delete(f"{URL}{export.pk}/").status_code == 403


def test_what_is_chosen_is_what_matched_when_it_was_requested(api, alice):
    seven, other = read_one(alice), read_one(alice)
    Submission.objects.filter(pk=other.pk).update(text="3")
    api.post(URL, {"format": "csv", "filters": {"text": "7"}}, format="json")
    Submission.objects.filter(pk=other.pk).update(text="7")
    read_one(alice)
    run.run_next(go_on=lambda: True)
    data = file_of(Export.objects.get())
    assert data.count(b"\n") == 2
    assert str(seven.id).encode() in data


def test_ids_and_filters_choose_what_both_match(api, alice):
    seven, other = read_one(alice), read_one(alice)
    Submission.objects.filter(pk=other.pk).update(text="3")
    ids = [str(seven.id), str(other.id)]
    asked = api.post(URL, {"format": "csv", "ids": ids, "filters": {"text": "7"}}, format="json")
    assert asked.data["total"] == 1


def test_ids_choose_and_those_of_others_are_left_out(api, alice):
    mine, theirs = read_one(alice), read_one(make_user("bob"))
    read_one(alice)
    asked = api.post(URL, {"format": "csv", "ids": [str(mine.id), str(theirs.id)]}, format="json")
    assert asked.data["total"] == 1
    run.run_next(go_on=lambda: True)
    assert str(mine.id).encode() in file_of(Export.objects.get())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "format: Send one of csv, xlsx, json, png, everything, sheet."),
        ([], "Send a JSON object."),
        ({"format": "pdf"}, "format: Send one of csv, xlsx, json, png, everything, sheet."),
        ({"format": None}, "format: Send one of csv, xlsx, json, png, everything, sheet."),
        ({"format": "csv", "filters": {"status": "lost"}}, 'filters: status: "lost" is not a valid choice.'),
        ({"format": "csv", "filters": "7"}, "filters: Send an object with filters "),
        ({"format": "csv", "filters": None}, "filters: Send an object with filters "),
        ({"format": "csv", "ids": []}, "ids: Send a list of 1 to 1,000 ids of drawings, "),
        ({"format": "csv", "ids": "7"}, "ids: Send a list of 1 to 1,000 ids of drawings, "),
        ({"format": "csv", "ids": None}, "ids: Send a list of 1 to 1,000 ids of drawings, "),
        ({"format": "csv", "ids": ["seven"]}, "ids: 0: This is not an id of a drawing."),
    ],
)
def test_a_wrong_request_says_what_is_wrong(api, alice, body, message):
    read_one(alice)
    answer = api.post(URL, body, format="json")
    assert (answer.status_code, answer.data["error"]["code"]) == (400, "invalid"), answer.data
    assert answer.data["error"]["message"].startswith(message)
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"filters": {"digit": "99"}}, 'filters: "digit" is not known here. Known are status, text, verdict, '),
        ({"filter": {"text": "7"}}, '"filter" is not known here. Known are format, filters, ids, sheet.'),
        ({"format": "everything", "filters": {}}, "everything is always whole: Send it without filters and ids."),
        ({"format": "everything", "ids": [str(uuid.uuid4())]}, "everything is always whole: Send it without "),
    ],
)
def test_what_is_not_known_does_not_choose_all_drawings(api, alice, body, message):
    read_one(alice)
    answer = api.post(URL, {"format": "csv", **body}, format="json")
    assert (answer.status_code, answer.data["error"]["code"]) == (400, "invalid"), answer.data
    assert answer.data["error"]["message"].startswith(message)
    assert not Export.objects.exists()


def test_a_second_one_waits_for_the_first_and_one_of_nothing_is_refused(api, alice):
    nothing = api.post(URL, {"format": "csv"}, format="json")
    assert (nothing.status_code, nothing.data["error"]["code"]) == (409, "nothing_to_export")
    read_one(alice)
    queue_export(alice)
    second = api.post(URL, {"format": "png"}, format="json")
    assert (second.status_code, second.data["error"]["code"]) == (409, "export_in_progress")
    run.run_next(go_on=lambda: True)
    assert api.post(URL, {"format": "png"}, format="json").status_code == 202


def test_a_new_export_of_everything_takes_the_place_of_the_last(api, alice):
    read_one(alice)
    first = write_export(alice, "everything")
    kept = write_export(alice, "csv")
    assert api.post(URL, {"format": "everything"}, format="json").status_code == 202
    assert not Export.objects.filter(pk=first.pk).exists()
    assert Export.objects.filter(pk=kept.pk).exists()


def test_files_count_to_what_a_person_may_keep(api, alice, settings):
    read_one(alice)
    export = write_export(alice)
    kept = Submission.objects.get().kept_bytes
    settings.KEPT_LIMIT_BYTES = kept + export.bytes
    refused = api.post(URL, {"format": "csv"}, format="json")
    assert (refused.status_code, refused.data["error"]["code"]) == (429, "too_much_kept")
    assert api.post(URL, {"format": "everything"}, format="json").status_code == 202
    Export.objects.all().delete()
    assert api.post(URL, {"format": "csv"}, format="json").status_code == 202
    assert Export.objects.get().limit_bytes == export.bytes


def test_the_error_of_an_export_speaks_of_the_file(api, alice):
    read_one(alice)
    export = queue_export(alice)
    Export.objects.update(limit_bytes=1)
    run.run_next(go_on=lambda: True)
    found = api.get(f"{URL}{export.pk}/").data
    assert (found["status"], found["error"]["code"], found["file"]) == ("failed", "too_large", None)
    assert "storage" in found["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=15-", 206, slice(15, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-100000", 206, slice(5, None)),
        ("bytes=100000-", 416, slice(0)),
        ("bytes=9-5", 416, slice(0)),
        ("bytes=-0", 416, slice(0)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_a_range_of_the_file(api, alice, asked, status, part):
    read_one(alice)
    export = write_export(alice)
    whole = file_of(export)
    found = api.get(f"{URL}{export.pk}/file", HTTP_RANGE=asked)
    assert (found.status_code, bytes_of(found)) == (status, whole[part])
    assert found["Content-Length"] == str(len(whole[part]))
    if status == 206:
        first, last = found["Content-Range"].removeprefix("bytes ").split("/")[0].split("-")
        assert whole[int(first) : int(last) + 1] == whole[part]


def test_a_range_of_another_file_is_the_whole(api, alice):
    read_one(alice)
    export = write_export(alice)
    path = f"{URL}{export.pk}/file"
    etag = api.get(path)["ETag"]
    assert api.get(path, HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE=etag).status_code == 206
    assert api.get(path, HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE='"another"').status_code == 200


def test_a_file_that_is_deleted_meanwhile_ends_with_an_error(api, alice):
    read_one(alice)
    export = write_export(alice)
    response = api.get(f"{URL}{export.pk}/file")
    ExportChunk.objects.all().delete()
    with pytest.raises(ChunksMissing):
        bytes_of(response)


def test_lines_are_those_of_the_list_newest_first(api, alice, monkeypatch):
    monkeypatch.setattr("predictions.api.exports.ndjson.CHUNK", 2)
    for _ in range(5):
        read_one(alice)
    read_one(make_user("bob"))
    response = api.get(LINES)
    assert response["Content-Type"] == "application/x-ndjson"
    listed = api.get("/api/v1/submissions/").json()["results"]
    assert lines_of(response) == listed


def test_lines_are_filtered_as_lists_are(api, alice):
    seven, other = read_one(alice), read_one(alice)
    Submission.objects.filter(pk=other.pk).update(text="3")
    assert [line["id"] for line in lines_of(api.get(LINES, {"text": "7"}))] == [str(seven.id)]
    assert lines_of(api.get(LINES, {"status": "failed"})) == []
    assert api.get(LINES, {"status": "lost"}).status_code == 400


def test_what_arrives_while_lines_are_read_is_left_out(api, alice, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("predictions.api.exports.ndjson.CHUNK", 2)
    mine = [str(make_submission(alice).id) for _ in range(4)]
    response = iter(api.get(LINES))
    found = next(response)
    make_submission(alice)
    with django_assert_num_queries(2):
        found += b"".join(response)
    assert [json.loads(line)["id"] for line in found.splitlines()] == mine[::-1]


def test_a_slow_client_holds_no_connection(api, alice, monkeypatch):
    returned = []
    for module in ("api.exports.ndjson", "services.exports.downloads"):
        monkeypatch.setattr(f"predictions.{module}.return_connection", lambda: returned.append(True))
    read_one(alice)
    export = write_export(alice)
    for path in (LINES, f"{URL}{export.pk}/file"):
        returned.clear()
        assert next(iter(api.get(path)))
        assert returned == [True]
