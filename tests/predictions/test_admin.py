"""Django's admin: the queries of its pages, and labels that are sent late or with an error."""

import re
from collections import defaultdict
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts import roles
from accounts.models import ApiToken, AuditEvent, Invitation, User
from ml.types import PREPROCESSING_VERSION
from predictions.admin import review_form
from predictions.models import (
    Drawing,
    IdempotencyKey,
    Job,
    ModelArtifact,
    ModelVersion,
    Prediction,
    Review,
    Role,
    ScheduledRun,
    Sheet,
    SheetPage,
    SheetTemplate,
    Submission,
    TrainingRun,
    WebhookDelivery,
    WebhookEndpoint,
    WorkerSeen,
)
from predictions.models.submissions.conditions import MOST_URGENT_FIRST
from predictions.services.review import review_submission
from tests.factories import make_prediction, make_reviewer, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
REVIEW_QUEUE = "admin:predictions_submission_changelist"

# The queries of each list, for a superuser, with 10 rows and with 300 (a page shows 100, the review queue 50): two
# for the session and the user, two count (all, and the filtered), one fetches the rows, one the saved filters; the
# others are explained.
REVIEWS = "/admin/predictions/review/"
LISTS = {
    "accounts.apitoken": 6,
    "accounts.auditevent": 7,  # names, and what is said of people in words
    "accounts.invitation": 6,
    "accounts.user": 8,  # the groups to filter by, the groups of those shown
    "auth.group": 6,
    "post_office.email": 8,  # the dates' span and their days
    "predictions.drawing": 5,
    "predictions.job": 5,
    "predictions.idempotencykey": 5,
    "predictions.modelartifact": 5,
    "predictions.modelversion": 8,  # workers that refuse the live version; what reads; the version to roll back to
    "predictions.prediction": 5,
    "predictions.review": 5,
    "predictions.scheduledrun": 5,
    "predictions.sheet": 6,  # the pages of those shown
    "predictions.sheetpage": 5,
    "predictions.sheettemplate": 5,
    "predictions.submission": 7,  # the dates' span and their first and last
    "predictions.trainingrun": 5,
    "predictions.webhookdelivery": 5,
    "predictions.webhookendpoint": 5,
    "predictions.workerseen": 5,
}


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def carol(client):
    carol = make_reviewer("carol")
    client.force_login(carol)
    return carol


def _fill(start: int, stop: int) -> None:
    """Add rows `start` to `stop` to every registered table, each with its own owner."""
    numbers = range(start, stop)
    people = User.objects.bulk_create(User(username=f"person-{n}", password="!") for n in numbers)
    for group in Group.objects.filter(name__in=roles.ROLES):
        group.user_set.add(*people)
    Group.objects.bulk_create(Group(name=f"group-{n}") for n in numbers)
    given = {"text": "7", "verdict": "unsure", "confidence": 0.6, "label": "1", "label_by": "owner"}
    rows = Submission.objects.bulk_create(Submission(owner=person, **given) for person in people)
    digest = [f"{n:064}" for n in numbers]
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(
            name=f"model-{name}", sha256=name, preprocessing=PREPROCESSING_VERSION, card={}, promoted_by=person
        )
        for name, person in zip(digest, people, strict=True)
    )
    made: dict[type[Model], list[Model]] = defaultdict(list)
    templates = SheetTemplate.objects.bulk_create(
        SheetTemplate(owner=person, title="Marks", form={}) for person in people
    )
    sheets = Sheet.objects.bulk_create(
        Sheet(owner=person, template=template) for person, template in zip(people, templates, strict=True)
    )
    SheetPage.objects.bulk_create(SheetPage(sheet=sheet, owner=sheet.owner, number=1) for sheet in sheets)
    hooks = WebhookEndpoint.objects.bulk_create(
        WebhookEndpoint(owner=person, url="https://example.org/", events=["sheet.read"]) for person in people
    )
    WebhookDelivery.objects.bulk_create(WebhookDelivery(endpoint=hook, event="test", body="{}") for hook in hooks)
    for row, person, version, name in zip(rows, people, versions, digest, strict=True):
        for one in (
            Drawing(submission=row, strokes=[]),
            make_prediction(row, version),
            Review(submission=row, reviewer=person, role="desk", text="7", is_digit=True),
            Job(submission=row, kind="explain", model_version=version, asked_by=person),
            IdempotencyKey(owner=person, key=name, submission=row),
            ModelArtifact(version=version, format="litert", sha256=name, data=b""),
            TrainingRun(
                name=name,
                start=version,
                requested_by=person,
                status="failed",
                error_code="gave_up",
                finished_at=timezone.now(),
            ),
            ScheduledRun(name=f"task-{name[-10:]}", asked_by=person),
            WorkerSeen(name=name, model_version=version),
            ApiToken(user=person, digest=name, token_key=name[-15:], name=name),
            Invitation(code_hash=name, made_by=person, expires_at=timezone.now()),
            AuditEvent(actor=person, actor_name=person.username, action="made"),
            Email(from_email="a@example.org", to="b@example.org", subject="Hello", status=0),
        ):
            made[type(one)].append(one)
    for model, of_kind in made.items():
        model._default_manager.bulk_create(of_kind)


def _cost(client: Any, url: str, times: int = 2) -> int:
    """Return the number of queries of a page, the last of some `times`: the process's caches are warm by then."""
    for _ in range(times):
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(url)
        assert answer.status_code == 200, url
    return len(caught)


def _url(model: type[Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def _costs(client: Any, times: int = 2) -> tuple[dict[str, int], dict[str, int]]:
    """Return the queries of every list, and of the page of its first row."""
    models = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
    first = {model: model._default_manager.order_by("pk")[0].pk for model in models}
    return (
        {model._meta.label_lower: _cost(client, _url(model, "changelist"), times) for model in models},
        {model._meta.label_lower: _cost(client, _url(model, "change", first[model]), times) for model in models},
    )


def test_queries_of_every_list_do_not_grow_with_rows(admin_client):
    roles.make_roles()
    _fill(0, 10)
    lists, pages = _costs(admin_client)
    assert lists == LISTS
    _fill(10, 300)
    assert _costs(admin_client, times=1) == (lists, pages)


def test_queries_of_the_review_queue_do_not_grow_with_rows(client, carol):
    _fill(0, 10)
    assert _cost(client, reverse(REVIEW_QUEUE)) == 9  # seven, and the permissions of the user and the groups
    _fill(10, 100)
    assert _cost(client, reverse(REVIEW_QUEUE)) == 9


def test_queries_of_a_submission_do_not_grow_with_reviews(client, carol, alice):
    row = read_one(alice)
    costs = []
    for count in (2, 20):
        for n in range(count):
            review_submission(row, make_user(f"reviewer-{count}-{n}"), "7", "desk")
        costs.append(_cost(client, _url(Submission, "change", row.pk)))
    assert costs == [6, 6]


@pytest.mark.parametrize(("whose", "queries"), [(User, 31), (Submission, 10)])
def test_queries_of_a_deletion_do_not_grow_with_rows(admin_client, alice, whose, queries):
    costs = []
    for count in (2, 20):
        for n in range(count):
            row = read_one(alice)
            review_submission(row, make_user(f"{count}-{n}"), "7", "desk")
            if whose is Submission:
                review_submission(Submission.objects.order_by("pk")[0], make_user(f"{count}-{n}-too"), "7", "desk")
        first = alice if whose is User else Submission.objects.order_by("pk")[0]
        costs.append(_cost(admin_client, _url(whose, "delete", first.pk)))
    assert costs == [queries, queries]


def _times(page: str) -> list[str]:
    """Return every time of day on a page, with its zone."""
    return re.findall(r"\d{1,2}:\d\d(?::\d\d)?(?: [ap]\.m\.)?(?: UTC)?", re.sub(r"<[^>]*>", " ", page))


def test_every_time_shows_its_time_zone(admin_client, admin_user, alice):
    _fill(0, 2)
    admin_client.post(_url(User, "change", alice.pk), {"username": "alicia", "is_active": "on"})
    seen = 0
    for model in admin.site._registry:
        first = model._default_manager.order_by("pk")[0].pk
        for url in (_url(model, "changelist"), *(_url(model, page, first) for page in ("change", "history"))):
            times = _times(admin_client.get(url).content.decode())
            assert all(time.endswith(" UTC") for time in times), (url, times)
            seen += len(times)
    times = _times(admin_client.get(_url(User, "history", alice.pk)).content.decode())
    assert len(times) == 1 and times[0].endswith(" UTC")
    assert seen > 20


def _sent(**labels: str) -> dict[str, Any]:
    """Return the POST data of a page of the review queue: the label of each row, named "row_<key>", in order."""
    rows = {
        f"form-{n}-{field}": found
        for n, (key, text) in enumerate(labels.items())
        for field, found in (("key", key.removeprefix("row_")), ("label", text))
    }
    return rows | {"form-TOTAL_FORMS": len(labels), "form-INITIAL_FORMS": len(labels), "_save": "Save"}


def test_labels_stay_with_their_drawings_after_a_form_error(client, carol, alice):
    first, second = read_one(alice), read_one(alice)
    read_one(alice)  # came after carol opened the page, and would now be first
    said = _sent(**{f"row_{second.pk}": "seven", f"row_{first.pk}": "1"})
    answer = client.post(reverse(REVIEW_QUEUE), said)
    assert answer.status_code == 200 and not Review.objects.exists()
    shown = answer.context["cl"]
    rows = [
        (row.pk, form["key"].value(), form["label"].value())
        for row, form in zip(shown.result_list, shown.formset.forms, strict=True)
    ]
    assert rows == [(second.pk, str(second.pk), "seven"), (first.pk, str(first.pk), "1")]


@pytest.mark.parametrize("gone", ["deleted_at", "superseded_at"])
def test_a_drawing_deleted_in_the_meantime_does_not_block_the_others(client, carol, alice, gone):
    first, second = read_one(alice), read_one(alice)
    Submission.objects.filter(pk=second.pk).update(**{gone: Now()})
    answer = client.post(reverse(REVIEW_QUEUE), _sent(**{f"row_{second.pk}": "4", f"row_{first.pk}": "1"}))
    assert answer.status_code == 302
    assert list(Review.objects.values_list("submission", "text")) == [(first.pk, "1")]


def test_second_reviewer_sees_the_first_label_and_can_override_it(client, carol, alice):
    row = read_one(alice)
    said = _sent(**{f"row_{row.pk}": "4"}) | {"form-0-label-said": ""}
    review_submission(row, make_user("dave"), "1", Role.REVIEWER)
    page = client.post(reverse(REVIEW_QUEUE), said).content.decode()
    assert "Someone else has entered 1 in the meantime." in page and Review.objects.count() == 1
    assert 'name="form-0-label-said" value="desk 1"' in page and 'value="4"' in page
    assert client.post(reverse(REVIEW_QUEUE), said | {"form-0-label-said": "desk 1"}).status_code == 302
    row.refresh_from_db()
    assert row.label == "4"


def test_second_reviewer_with_the_same_label_is_not_asked_again(client, carol, alice):
    row = read_one(alice)
    said = _sent(**{f"row_{row.pk}": "1"}) | {"form-0-label-said": ""}
    review_submission(row, make_user("dave"), "1", Role.REVIEWER)
    assert client.post(reverse(REVIEW_QUEUE), said).status_code == 302
    assert Review.objects.count() == 2


def test_second_of_two_simultaneous_reviews_gets_a_warning(client, carol, alice, monkeypatch):
    row, dave = read_one(alice), make_user("dave")
    check = review_form.check_review

    def said_just_before(*arguments: Any) -> str:
        review_submission(row, dave, "1", Role.REVIEWER)
        return check(*arguments)

    monkeypatch.setattr(review_form, "check_review", said_just_before)
    answer = client.post(reverse(REVIEW_QUEUE), _sent(**{f"row_{row.pk}": "4"}), follow=True)
    assert "Someone else has just reviewed this drawing." in answer.content.decode()
    row.refresh_from_db()
    assert (row.label, Review.objects.count()) == ("1", 1)


def test_review_queue_uses_its_index(carol, alice):
    for _ in range(3):
        read_one(alice)
    rows = Submission.objects.filter(deleted_at=None, superseded_at=None).order_by(MOST_URGENT_FIRST, "-key")[:50]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert "submission_desk" in rows.explain()


def test_queries_of_saving_labels_do_not_grow_with_rows(client, carol, alice):
    ContentType.objects.get_for_model(Submission)  # cached by each process
    costs = []
    for count in (2, 20):
        rows = [make_submission(alice) for _ in range(count)]
        said = _sent(**{f"row_{row.pk}": "4" if row is rows[0] else "" for row in rows})
        client.get(reverse(REVIEW_QUEUE))
        with CaptureQueriesContext(connection) as caught:
            assert client.post(reverse(REVIEW_QUEUE), said).status_code == 302
        costs.append(len(caught))
    assert costs == [14, 14]


def test_own_drawings_are_read_only_and_refused(client, carol, alice):
    theirs, own = read_one(alice), read_one(carol)
    forms = {form.instance.pk: form for form in client.get(reverse(REVIEW_QUEUE)).context["cl"].formset.forms}
    assert "readonly" in str(forms[own.pk]["label"])
    assert "readonly" not in str(forms[theirs.pk]["label"])
    answer = client.post(reverse(REVIEW_QUEUE), _sent(**{f"row_{own.pk}": "4", f"row_{theirs.pk}": "4"}))
    assert "your own drawing" in answer.content.decode()
    assert not Review.objects.exists()


def test_review_queue_shows_the_most_urgent_first(client, carol, alice):
    names = ("disputed", "unsure", "fine", "seen", "agreed")
    rows = {name: read_one(alice) for name in names}
    for name, found in {
        "disputed": {"label": "1", "label_by": "owner"},
        "unsure": {"verdict": "unsure"},
        "seen": {"verdict": "unsure", "label": "7", "label_by": "desk"},
        "agreed": {"label": "7", "label_by": "owner"},
    }.items():
        Submission.objects.filter(pk=rows[name].pk).update(**found)
    order = [row.pk for row in client.get(reverse(REVIEW_QUEUE)).context["cl"].result_list]
    assert order == [rows[name].pk for name in ("disputed", "unsure", "agreed", "seen", "fine")]


@pytest.mark.parametrize("typed", ["-", "*", "#"])
def test_no_digit_can_be_typed_on_a_phone_keypad(client, carol, alice, typed):
    row = read_one(alice)
    client.post(reverse(REVIEW_QUEUE), _sent(**{f"row_{row.pk}": typed}))
    row.refresh_from_db()
    assert (row.label, row.label_by) == ("", "desk")


def test_a_model_version_shows_its_card(admin_client):
    confusion = [[98 if row == column else row for column in range(10)] for row in range(10)]
    sets = {"mnist_test": {"count": 10_000, "accuracy": 0.9963, "verdicts": {"unsure": 38}, "confusion": confusion}}
    card = {"sets": sets, "training": {"seed": 1, "counts": {"mnist": 55_000}}, "commit": "03e0beb"}
    version = ModelVersion.objects.create(name="one", sha256="x", preprocessing=PREPROCESSING_VERSION, card=card)
    page = admin_client.get(_url(ModelVersion, "change", version.pk)).content.decode()
    for said in ("mnist test", "99.63%", "38", "98", "seed", "55000", "03e0beb"):
        assert f">{said}</t" in page
    assert "99.63%" in admin_client.get(_url(ModelVersion, "changelist")).content.decode()


def test_a_prediction_is_shown_in_words(admin_client, alice):
    prediction = read_one(alice).predictions.get()
    page = admin_client.get(_url(Prediction, "change", prediction.pk)).content.decode()
    assert "7: 99.0%" in page and "a digit" in page and "probabilities" not in page


def test_tables_and_numbers_are_german_in_german(admin_client, alice):
    read_one(alice)
    german = {"HTTP_ACCEPT_LANGUAGE": "de"}
    first = admin_client.get("/admin/", **german).content.decode()
    for name in ("Vorhersagen", "Einsendungen", "Personen", "Modellversionen", "Worker"):
        assert name in first
    assert "Submissions" not in first
    assert "99,0\N{NO-BREAK SPACE}%" in admin_client.get(reverse(REVIEW_QUEUE), **german).content.decode()


def test_reviewers_read_no_names_of_reviewers(client, admin_client, alice):
    review_submission(read_one(alice), make_user("dora"), "7", "desk")
    carol = make_user("carol", is_staff=True)
    roles.make_roles()
    carol.groups.set(Group.objects.filter(name=roles.REVIEWER))
    client.force_login(carol)
    for address in (REVIEWS, f"{REVIEWS}{Review.objects.get().pk}/change/"):
        answer = client.get(address)
        assert answer.status_code == 200 and "dora" not in answer.content.decode()
        assert "dora" in admin_client.get(address).content.decode()
