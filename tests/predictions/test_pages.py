"""Pages and the review queue: access, paging and the number of queries."""

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.urls import reverse

from predictions.models import Review, Submission
from predictions.pages.history import listing
from predictions.services.review import InvalidReview, review_submission
from tests.factories import make_reviewer, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.mark.parametrize("name", ["draw", "history"])
def test_pages_ask_to_log_in(client, settings, name):
    settings.GUESTS = False
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


def test_a_method_that_is_not_allowed_is_refused_with_a_page(client, alice):
    client.force_login(alice)
    answer = client.post(reverse("history"))
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert "This action isn't allowed here" in answer.content.decode()


def test_the_history_shows_ones_own_newest_first(client, alice):
    old, new, theirs = read_one(alice), read_one(alice), read_one(make_user("bob"))
    client.force_login(alice)
    assert [row.pk for row in client.get(reverse("history")).context["submissions"]] == [new.pk, old.pk]
    for row in (old, theirs):
        expected = 200 if row is old else 404
        assert client.get(reverse("item", args=[row.id])).status_code == expected


def test_the_history_has_pages(client, alice):
    rows = [make_submission(alice) for _ in range(60)]
    client.force_login(alice)
    seen, url = [], reverse("history")
    while url:
        answer = client.get(url)
        seen += [row.pk for row in answer.context["submissions"]]
        url = answer.context["next_url"]
    assert seen == [row.pk for row in reversed(rows)]


@pytest.mark.parametrize("before", ["", "x", "00000000-0000-0000-0000-000000000000", "of bob"])
def test_an_unknown_page_of_the_history_is_the_newest(client, alice, before):
    row, theirs = make_submission(alice), make_submission(make_user("bob"))
    client.force_login(alice)
    answer = client.get(reverse("history"), {"before": str(theirs.id) if before == "of bob" else before})
    assert [shown.pk for shown in answer.context["submissions"]] == [row.pk]
    assert "before" not in answer.context["query"]


def test_a_page_stays_where_it_is_when_its_first_drawing_is_deleted(client, alice):
    rows = [make_submission(alice, seed=seed) for seed in range(3)]
    client.force_login(alice)
    url = f"{reverse('history')}?before={rows[1].id}"
    deleted = client.post(f"{reverse('delete', args=[rows[1].id])}?before={rows[1].id}", follow=True)
    assert deleted.context["undo"]["id"] == rows[1].id
    assert [shown.pk for shown in deleted.context["submissions"]] == [rows[0].pk]
    Submission.objects.filter(pk=rows[1].pk).delete()  # erased, a minute later
    assert [shown.pk for shown in client.get(url).context["submissions"]] == [rows[2].pk, rows[0].pk]


@pytest.mark.parametrize("count", [1, 20])
def test_the_history_needs_the_same_queries_however_long(client, alice, count, django_assert_num_queries):
    for _ in range(count):
        read_one(alice)
    client.force_login(alice)
    with django_assert_num_queries(3):  # session, user, submissions
        client.get(reverse("history"))


def test_only_the_owner_sees_a_thumbnail(client, alice):
    row = read_one(alice)
    row.drawing.thumbnail = b"\x89PNG"
    row.drawing.save()
    url = reverse("submission-thumbnail", args=[row.id])
    client.force_login(make_user("bob"))
    assert client.get(url).status_code == 404
    client.force_login(alice)
    assert client.get(url).content == b"\x89PNG"


FORMSET = {f"reviews-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


def test_the_admin_records_a_label_as_a_review(client, alice):
    row, carol = read_one(alice, "7"), make_reviewer("carol")
    client.force_login(carol)
    url = reverse("admin:predictions_submission_change", args=[row.pk])
    answer = client.post(url, {"label": "1", **FORMSET})
    assert answer.status_code == 302, answer.content.decode()
    review = Review.objects.get()
    assert (review.reviewer, review.role, review.text, review.is_digit) == (carol, "desk", "1", True)
    row.refresh_from_db()
    assert (row.label, row.label_by, row.text, row.status) == ("1", "desk", "7", "succeeded")
    client.post(url, {"label": "-", **FORMSET})
    row.refresh_from_db()
    assert (row.label, Review.objects.count()) == ("", 2)


def test_the_review_queue_records_labels_in_place(client, alice):
    first, second, carol = read_one(alice), read_one(alice), make_reviewer("carol")
    client.force_login(carol)
    said = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    rows = {"form-0-key": second.pk, "form-0-label": "4", "form-1-key": first.pk, "form-1-label": ""}
    answer = client.post(reverse("admin:predictions_submission_changelist"), said | rows)
    assert answer.status_code == 302, answer.content.decode()
    assert list(Review.objects.values_list("submission", "text", "role")) == [(second.pk, "4", "desk")]


def test_an_outdated_list_does_not_overwrite_a_review(client, alice):
    mine, others, carol = read_one(alice), read_one(alice), make_reviewer("carol")
    client.force_login(carol)
    url = reverse("admin:predictions_submission_changelist")
    page = client.get(url).content.decode()
    assert 'name="form-0-label" value' not in page
    review_submission(others, make_reviewer("dora"), "1", "desk")
    said = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    rows = {"form-0-key": others.pk, "form-0-label": "", "form-1-key": mine.pk, "form-1-label": "3"}
    client.post(url, said | rows)
    assert list(Review.objects.order_by("pk").values_list("submission", "text")) == [(others.pk, "1"), (mine.pk, "3")]


def test_a_reviewer_can_agree_with_the_owner(client, alice):
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(label="1", label_by="owner")
    client.force_login(make_reviewer())
    client.post(reverse("admin:predictions_submission_change", args=[row.pk]), {"label": "1", **FORMSET})
    row.refresh_from_db()
    assert (row.label, row.label_by) == ("1", "desk")


@pytest.mark.parametrize("gone", ["deleted_at", "superseded_at"])
def test_the_review_queue_hides_deleted_and_superseded_drawings(client, alice, gone):
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(**{gone: Now()})
    client.force_login(make_reviewer())
    answer = client.get(reverse("admin:predictions_submission_changelist"))
    assert list(answer.context["cl"].result_list) == []


def test_nobody_reviews_their_own_drawing(client):
    carol = make_reviewer("carol")
    row = read_one(carol)
    client.force_login(carol)
    answer = client.post(reverse("admin:predictions_submission_change", args=[row.pk]), {"label": "1", **FORMSET})
    assert answer.status_code == 200
    assert "review your own drawing" in answer.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize(("asked", "shown"), [("doubtful", {"unsure"}), ("disputed", {"disputed"}), ("", None)])
def test_the_review_queue_filters_unsure_and_disputed_readings(client, alice, asked, shown):
    rows = {name: read_one(alice) for name in ("unsure", "disputed", "fine", "seen")}
    Submission.objects.filter(pk__in=[rows["unsure"].pk, rows["seen"].pk]).update(verdict="unsure")
    Submission.objects.filter(pk=rows["disputed"].pk).update(label="1", label_by="owner")
    Submission.objects.filter(pk=rows["seen"].pk).update(label="7", label_by="desk")
    client.force_login(make_reviewer())
    answer = client.get(reverse("admin:predictions_submission_changelist"), {"review": asked} if asked else {})
    found = {row.pk for row in answer.context["cl"].result_list}
    assert found == {rows[name].pk for name in shown or rows}


def test_the_review_queue_shows_drawings_to_those_who_may_see_them(client, alice):
    row = read_one(alice)
    row.drawing.thumbnail = b"\x89PNG"
    row.drawing.save()
    url = reverse("admin:submission_picture", args=[row.pk])
    client.force_login(make_user("dave", is_staff=True))
    assert client.get(url).status_code == 403
    client.force_login(make_reviewer())
    assert client.get(url).content == b"\x89PNG"


@pytest.mark.parametrize("text", ["seven", "7 1", "-", "٧", "1" * 65])
def test_a_review_accepts_only_digits_and_signs(alice, text):
    with pytest.raises(InvalidReview):
        review_submission(read_one(alice), make_reviewer(), text, "desk")


def test_pages_have_a_strict_content_security_policy(client, alice):
    client.force_login(alice)
    policy = client.get(reverse("draw"))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "nonce-" in policy


def test_readiness_names_what_is_missing(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": True, "model": False}


def test_a_lost_database_gives_503_with_retry_after(client, alice, monkeypatch):
    def no_database(request):
        raise OperationalError("the server closed the connection")

    client.force_login(alice)
    monkeypatch.setattr(listing, "own_submissions", no_database)
    client.raise_request_exception = False
    answer = client.get(reverse("history"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
