"""The page of review mode and the requests of its script: who gets in, what they are told, and what is recorded."""

import json
import re
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.roles import make_roles
from predictions.models import Review, ReviewLease, Submission
from predictions.services import submit
from tests.factories import make_reviewer, make_user, read_one

pytestmark = pytest.mark.django_db
PAGE, TURN, ENTRIES = "/review/", "/review/turn/", "/review/entries/"
HOLDER = str(UUID(int=1))


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def carol(client):
    carol = make_reviewer()
    client.force_login(carol)
    return carol


def _unsure(owner, **fields) -> Submission:
    row = read_one(owner)
    Submission.objects.filter(pk=row.pk).update(**({"verdict": "unsure"} | fields))
    return row


def _post(client, path, **body):
    return client.post(path, {"holder": HOLDER} | body, content_type="application/json")


def _turn(client, held=(), count=8):
    return _post(client, TURN, held=list(held), sent=[], count=count).json()


def _send(client, drawing, text="4", kind="review", key=None):
    entry = {"kind": kind, "key": str(key or uuid4()), "drawing": drawing, "text": text}
    return _post(client, ENTRIES, entries=[entry]).json()["entries"][0]


def _paths(row) -> dict[str, str]:
    return {PAGE: "get", TURN: "post", ENTRIES: "post", f"/review/{row.pk}/image": "get"}


def _without_tokens(response):
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)


def test_for_a_user_without_the_role_review_mode_is_missing(client, alice):
    row = _unsure(alice)
    client.force_login(make_user("bob"))
    missing = _without_tokens(client.get("/nothing/"))
    for path, method in _paths(row).items():
        answer = getattr(client, method)(path)
        assert (answer.status_code, _without_tokens(answer)) == (404, missing), path
    assert f'"{PAGE}"' not in client.get("/history/").content.decode()


@pytest.mark.parametrize("codename", ["view_submission", "change_submission"])
def test_staff_with_half_of_the_role_are_strangers(client, codename):
    dave = make_user("dave", is_staff=True)
    dave.user_permissions.set(make_reviewer().user_permissions.filter(codename=codename))
    client.force_login(dave)
    assert client.get(PAGE).status_code == 404


def test_without_a_log_in_the_page_asks_for_one_and_scripts_are_told(client):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    assert client.get("/review/1/image").status_code == 302
    for path in (TURN, ENTRIES):
        answer = client.post(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_reviewers_and_admins_find_it_in_the_navigation(client, role):
    make_roles()
    member = make_user(role, is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)
    for path in ("/history/", "/admin/", "/admin/predictions/submission/") if _unsure(make_user("alice")) else ():
        assert f'href="{PAGE}"' in client.get(path).content.decode(), path
    assert client.get(PAGE).status_code == 200


def test_a_blind_reviewer_is_told_the_reading_only_after_the_answer(client, alice, carol):
    row = _unsure(alice)
    [drawing] = _turn(client)["drawings"]
    assert drawing["reading"] is None
    assert _send(client, row.pk)["reading"] == {"text": "7", "verdict": "unsure"}


def test_a_reviewer_may_choose_to_see_the_reading_first(client, alice, carol):
    assert 'name="reviews_blind"' in client.get("/accounts/profile/").content.decode()
    client.post("/accounts/preferences/", {"reads_live": "on"})
    _unsure(alice)
    assert _turn(client)["drawings"][0]["reading"] == {"text": "7", "verdict": "unsure"}


def test_a_user_is_not_asked_about_reviews_and_keeps_the_default(client, alice):
    client.force_login(alice)
    assert "reviews_blind" not in client.get("/accounts/profile/").content.decode()
    client.post("/accounts/preferences/", {})
    alice.refresh_from_db()
    assert (alice.reads_live, alice.reviews_blind) == (False, True)


def test_a_turn_has_the_strokes_and_neither_owner_nor_public_id(client, alice, carol):
    row = _unsure(alice)
    turn = _turn(client)
    [drawing] = turn["drawings"]
    assert (turn["left"], turn["lost"], drawing["key"]) == (1, [], row.pk)
    assert drawing["strokes"] == row.drawing.strokes and drawing["image_url"] is None
    assert "alice" not in str(turn) and str(row.id) not in str(turn)


def test_the_image_is_for_the_reviewer_who_has_the_drawing(client, alice, carol):
    row = _unsure(alice)
    row.drawing.strokes, row.drawing.image, row.drawing.image_type = None, b"\x89PNG", "image/png"
    row.drawing.save()
    path = f"/review/{row.pk}/image"
    assert client.get(path).status_code == 404
    [drawing] = _turn(client)["drawings"]
    assert drawing["image_url"] == path
    assert (client.get(path).content, client.get(path)["Content-Type"]) == (b"\x89PNG", "image/png")
    client.force_login(make_reviewer("dora"))
    assert client.get(path).status_code == 404


def test_answers_are_recorded_in_order_and_each_by_itself(client, alice, carol):
    rows = [_unsure(alice) for _ in range(3)]
    keys = [str(uuid4()) for _ in range(5)]
    entries = [
        {"kind": "review", "key": keys[0], "drawing": rows[0].pk, "text": "4"},
        {"kind": "review", "key": keys[1], "drawing": rows[1].pk, "text": "seven"},
        {"kind": "undo", "key": keys[0], "drawing": rows[0].pk, "text": "4"},
        {"kind": "review", "key": keys[2], "drawing": rows[0].pk, "text": " 5 "},
        {"kind": "skip", "key": keys[3], "drawing": rows[2].pk, "text": ""},
        {"kind": "review", "key": keys[4], "drawing": 10**18, "text": "4"},
    ]
    outcomes = _post(client, ENTRIES, entries=entries).json()["entries"]
    assert [one["outcome"] for one in outcomes] == ["saved", "invalid", "saved", "saved", "saved", "conflict"]
    assert "Enter digits from 0 to 9" in outcomes[1]["message"] and "not needed" in outcomes[5]["message"]
    assert list(Review.objects.filter(withdrawn_at=None).values_list("submission", "text")) == [(rows[0].pk, "5")]


TURN_BODY = {"holder": HOLDER, "held": [], "sent": [], "count": 1}
ENTRY = {"kind": "review", "key": HOLDER, "drawing": 1, "text": "1"}


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{", "[" * 100_000, '{"holder": 1}'),
        json.dumps(TURN_BODY | {"held": [-1]}),
        json.dumps(TURN_BODY | {"held": [10**20]}),
        json.dumps(TURN_BODY | {"count": 1_000}),
        json.dumps({"holder": HOLDER, "entries": [ENTRY | {"text": "\0"}]}),
    ],
)
def test_bad_requests_are_400(client, carol, body):
    for path in (TURN, ENTRIES):
        assert client.post(path, body, content_type="application/json").status_code == 400
        assert client.post(path, {"holder": HOLDER}).status_code == 400  # a form


def test_a_turn_and_an_answer_cost_few_queries(client, alice, carol, django_assert_num_queries):
    rows = [_unsure(alice) for _ in range(9)]
    user = 4  # session, user, permissions of the user and of groups
    with django_assert_num_queries(user + 7):  # four to choose, lease, fetch, count
        assert len(_turn(client)["drawings"]) == 8
    held = list(ReviewLease.objects.values_list("pk", flat=True))
    with django_assert_num_queries(user + 5):  # renew, keep, three to count
        _turn(client, held, count=0)
    with django_assert_num_queries(user + 15):  # seven of them savepoints
        _send(client, rows[-1].pk)


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (1, 20)])
def test_a_share_of_the_drawings_is_sampled_when_they_arrive(api, settings, share, expected):
    settings.REVIEW_SAMPLE_SHARE = share
    drawing = {"strokes": [[[60, 60], [200, 60], [120, 220]]]}
    for _ in range(10):
        assert api.post("/api/v1/submissions/", drawing, format="json").status_code == 202
    assert api.post("/api/v1/submissions/batch/", [drawing] * 10, format="json").status_code == 202
    assert Submission.objects.filter(review_sample=True).count() == expected


def test_the_share_of_the_sample_is_the_setting(alice, settings):
    settings.REVIEW_SAMPLE_SHARE = 0.1
    drawn = sum(submit.new_submission(alice, source="draw").review_sample for _ in range(5_000))
    assert 400 < drawn < 600


def test_reverse_names():
    assert [reverse(f"review-{name}") for name in ("mode", "turn", "entries")] == [PAGE, TURN, ENTRIES]
