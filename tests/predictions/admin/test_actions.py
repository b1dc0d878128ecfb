"""Acts on many submissions at once: each for those who may, in the audit log, and not on more rows than it can."""

import csv
import io
import json

import pytest
from django.contrib.auth.models import Permission

from accounts.models import AuditEvent
from predictions import claims, lifecycle
from predictions.admin import actions, export
from predictions.models import ErrorCode, Job, ReviewRequest, Submission
from predictions.services.review import review_submission
from predictions.services.review_queue import Reviewer, take_turn
from tests.audit import named_events
from tests.factories import make_prediction, make_reviewer, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/submission/"
HOLDER = "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def act(admin_client):
    """Return a function that acts on rows; it returns the response, after redirects."""

    def act(name, rows, client=admin_client, query="", **more):
        keys = [row.pk for row in rows]
        answer = client.post(
            f"{LIST}{query}", {"action": name, "_selected_action": keys, "index": "0", **more}, follow=True
        )
        assert answer.status_code == 200
        return answer

    return act


def _text(answer):
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def _events(action):
    return AuditEvent.objects.filter(action=action)


# --- Read again -----------------------------------------------------------------------------------------------------


def test_reading_again_queues_a_job_in_the_bulk_lane_for_what_the_live_model_has_not_read(act, alice):
    rows = [read_one(alice) for _ in range(3)]
    newer = make_version("newer", b"newer")
    already = read_one(alice)
    waiting = make_submission(alice)
    page = _text(act("read_again", [*rows, already, waiting]))
    assert "3 drawings will be read again" in page and "2 were left out" in page
    jobs = Job.objects.all()
    assert {(job.submission_id, job.kind, job.lane, job.model_version) for job in jobs} == {
        (row.pk, "read_again", "bulk", newer) for row in rows
    }
    [event] = named_events(action="submissions.read_again")
    assert (event.actor, event.target, event.details["count"]) == ("admin", "newer", 3)
    assert "0 drawings will be read again" in _text(act("read_again", rows))
    assert jobs.count() == 3


def test_a_drawing_that_failed_by_our_fault_is_left_to_its_owner(act, alice):
    make_version()
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, ErrorCode.GAVE_UP)
    act("read_again", [row])
    assert not Job.objects.exists()


def test_what_is_read_again_keeps_its_first_reading(act, alice):
    row = read_one(alice)
    make_version("newer", b"newer")
    act("read_again", [row])
    with claims.claimed_job() as [job]:
        lifecycle.complete_job(job, prediction=make_prediction(row, job.model_version, "1"))
    row.refresh_from_db()
    assert (row.text, row.predictions.count()) == ("7", 2)


def test_reading_again_without_a_model_or_without_room_says_so(act, alice, settings):
    assert "No model is live right now." in _text(act("read_again", [make_submission(alice)]))
    Submission.objects.all().delete()
    row = read_one(alice)
    make_version("newer", b"newer")
    settings.IN_FLIGHT_LIMIT = 0
    assert "Too many of your new readings are waiting." in _text(act("read_again", [row]))
    assert not Job.objects.exists()


# --- Mark for review ------------------------------------------------------------------------------------------------


def test_marked_drawings_come_first_in_review_mode_whatever_their_verdict(act, alice):
    sure, unsure = read_one(alice), read_one(alice)
    Submission.objects.filter(pk=unsure.pk).update(verdict="unsure")
    Submission.objects.filter(pk=sure.pk).update(confidence=0.999)
    carol = Reviewer(make_reviewer(), HOLDER)
    before = take_turn(carol, [], 8)
    assert ([row.pk for row in before.drawings], before.left) == ([unsure.pk], 1)
    assert "1 drawing comes next in review mode." in _text(act("request_reviews", [sure]))
    after = take_turn(carol, [unsure.pk], 8)
    assert ([row.pk for row in after.drawings], after.left) == ([sure.pk], 2)
    event = _events("submissions.review_requested").get()
    assert (event.target, event.details["ids"]) == (str(sure.id), [str(sure.id)])


def test_a_marked_drawing_is_given_until_it_is_reviewed_and_never_to_its_owner(act, alice):
    carol, row = make_reviewer(), read_one(alice)
    own = read_one(carol)
    Submission.objects.update(confidence=0.999)
    act("request_reviews", [row, own])
    assert [one.pk for one in take_turn(Reviewer(carol, HOLDER), [], 8).drawings] == [row.pk]
    row.refresh_from_db()
    review_submission(row, carol, "7", "desk")
    assert take_turn(Reviewer(carol, HOLDER), [], 8).drawings == []


def test_what_was_reviewed_or_not_read_is_left_out(act, alice):
    reviewed, waiting = read_one(alice), make_submission(alice)
    review_submission(reviewed, make_reviewer(), "7", "desk")
    page = _text(act("request_reviews", [reviewed, waiting]))
    assert "0 drawings come next" in page and "2 were left out" in page
    assert not ReviewRequest.objects.exists() and not _events("submissions.review_requested").exists()


# --- Export ---------------------------------------------------------------------------------------------------------


def test_an_export_has_the_chosen_rows_and_is_recorded(act, alice):
    rows = [read_one(alice), read_one(alice), read_one(alice)]
    found = list(csv.DictReader(io.StringIO(_text(act("export_csv", rows[:2], query="?verdict=digit")))))
    assert {one["id"] for one in found} == {str(row.id) for row in rows[:2]}
    assert {(one["owner"], one["text"], one["verdict"]) for one in found} == {("alice", "7", "digit")}
    loaded = json.loads(_text(act("export_json", rows)))
    assert {one["id"] for one in loaded} == {str(row.id) for row in rows} and loaded[0]["confidence"] > 0
    assert [event.details for event in named_events(action="submissions.exported")] == [
        {"count": 2, "format": "csv", "filter": "verdict=digit"},
        {"count": 3, "format": "json", "filter": ""},
    ]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_exported_cell_is_a_formula(act, begin):
    row = read_one(make_user(f"{begin}cmd"))
    Submission.objects.filter(pk=row.pk).update(label=f"{begin}1+1", label_by="owner")
    [found] = csv.DictReader(io.StringIO(_text(act("export_csv", [row])), newline=""))
    assert found["owner"] == f"'{begin}cmd" and found["label"] == f"'{begin}1+1"
    [loaded] = json.loads(_text(act("export_json", [row])))
    assert loaded["label"] == f"{begin}1+1"


def test_a_long_export_is_streamed_in_chunks(act, alice, monkeypatch, django_assert_num_queries):
    keys = [read_one(alice).pk for _ in range(5)]
    monkeypatch.setattr(export, "CHUNK", 2)
    with django_assert_num_queries(3):
        assert len(json.loads("".join(export._json_lines(export._rows(keys, with_names=True))))) == 5
    Submission.objects.filter(pk=keys[0]).delete()
    assert len(json.loads("".join(export._json_lines(export._rows(keys, with_names=True))))) == 4


def test_the_whole_filtered_list_is_exported_across_pages(act, alice):
    rows = [read_one(alice) for _ in range(3)]
    other = read_one(make_user("bob"))
    answer = act("export_json", rows[:1], query="?q=alice", select_across="1")
    assert {one["id"] for one in json.loads(_text(answer))} == {str(row.id) for row in rows} - {str(other.id)}


@pytest.mark.parametrize(
    ("name", "limit"),
    [("export_csv", "MOST_EXPORTED"), ("read_again", "MOST_AT_ONCE"), ("request_reviews", "MOST_AT_ONCE")],
)
def test_more_rows_than_an_act_can_take_are_refused(act, alice, monkeypatch, name, limit):
    monkeypatch.setattr(actions, limit, 1)
    assert "At most 1 at once." in _text(act(name, [read_one(alice), read_one(alice)]))
    assert not AuditEvent.objects.filter(action__startswith="submissions.").exists()


@pytest.mark.parametrize("name", ["read_again", "request_reviews", "export_csv", "export_json"])
@pytest.mark.parametrize("codenames", [["view_submission"], ["view_submission", "view_job", "view_pausedlane"]])
def test_who_may_only_view_can_do_nothing(act, client, alice, name, codenames):
    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(viewer)
    row = read_one(alice)
    make_version("newer", b"newer")
    page = _text(act(name, [row], client=client))
    assert name not in page and str(row.pk) in page
    assert (
        not Job.objects.exists() and not ReviewRequest.objects.exists() and not _events("submissions.exported").exists()
    )


def test_a_reviewer_may_mark_for_review_but_neither_export_nor_read_again(client, alice):
    client.force_login(make_reviewer())
    read_one(alice)
    page = client.get(LIST).content.decode()
    assert [name in page for name in ("request_reviews", "read_again", "export_csv")] == [True, False, False]
