"""The page of accuracy: who may see it, what it says, and that its links lead to the drawings behind a number."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.roles import ADMIN, REVIEWER, make_roles
from predictions.models import ModelVersion, Role, Submission
from predictions.services.review import review_submission
from tests.factories import make_reviewer, make_user, read_one

pytestmark = pytest.mark.django_db
PAGE = "/review/accuracy/"


@pytest.fixture
def carol(client):
    carol = make_reviewer()
    client.force_login(carol)
    return carol


@pytest.fixture
def sample(alice, carol):
    """Return twelve drawings read as 7: nine reviewed, two of which were read wrong, and three not."""
    rows = [read_one(alice) for _ in range(12)]
    keys = [row.pk for row in rows]
    Submission.objects.filter(pk__in=keys).update(review_sample=True)
    Submission.objects.filter(pk__in=keys[:6]).update(created_at=F("created_at") - timedelta(days=2))
    for row, text in zip(rows, "777777711", strict=False):
        review_submission(row, carol, text, Role.REVIEWER)
    return rows


def _text(answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def _links(answer, ending) -> list[str]:
    return [unescape(link) for link in re.findall(rf'href="(/admin/[^"]+sample={ending})"', answer.content.decode())]


@pytest.mark.parametrize("role", [REVIEWER, ADMIN])
def test_reviewers_and_admins_see_it(client, role):
    make_roles()
    erin = make_user("erin", is_staff=True)
    erin.groups.add(erin.groups.model.objects.get(name=role))
    client.force_login(erin)
    assert client.get(PAGE).status_code == 200
    assert f'href="{PAGE}"' in client.get("/review/").content.decode()
    assert f'href="{PAGE}"' in client.get("/admin/").content.decode()


def test_for_others_it_is_missing(client):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    assert client.post(PAGE).status_code == 405
    client.force_login(make_user("bob"))
    assert client.get(PAGE).status_code == 404


def test_it_tells_accuracy_with_its_interval_and_what_is_missing(client, sample):
    text = _text(client.get(PAGE))
    assert "77.78% of drawings are read right; the 95% interval is" in text
    assert "9 of 12 drawings are reviewed; 3 are missing, 0 of which were skipped." in text
    assert "Too few drawings to tell." in text


def test_without_reviews_it_says_so(client, carol, alice):
    assert "The random sample has no drawings of these days." in _text(client.get(PAGE))
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(review_sample=True)
    assert "Nobody has reviewed a drawing of the random sample" in _text(client.get(PAGE))


def test_it_says_whether_the_card_tells_of_the_training_data(client, sample):
    assert "The card of test-1 does not tell how its training data is distributed" in _text(client.get(PAGE))
    told = {"verdict": {"counts": {"digit": 990, "unsure": 10}}}
    ModelVersion.objects.update(card={"reference": told})
    text = _text(client.get(PAGE))
    assert "next to drawings that test-1 was trained on" in text
    assert re.search(r"Verdict Last 7 days Training .* 100.00% 99.00% .* 0.00% 1.00%", text)


@pytest.mark.parametrize("days", ["7", "91", "", "365", "x", "-1"])
def test_any_period_is_answered(client, sample, days):
    assert client.get(PAGE, {"days": days}).status_code == 200


@pytest.mark.parametrize(("ending", "count"), [("wrong", 2), ("missing", 3), ("reviewed", 9)])
def test_numbers_lead_to_the_drawings_behind_them(client, sample, ending, count):
    answer = client.get(PAGE)
    links = _links(answer, ending)
    assert links
    counts = [client.get(link).context["cl"].result_count for link in links]
    assert max(counts) == count
    told = re.findall(rf'sample={ending}">([\d,]+)</a>', answer.content.decode())
    assert [str(found) for found in counts[-len(told) :]] == told


def test_days_are_those_of_the_current_time_zone(client, sample):
    text = _text(client.get(PAGE))
    today = timezone.localdate()
    for day in (today, today - timedelta(days=2)):
        assert f"{day:%B} {day.day} " in text


def test_it_costs_few_queries_however_many_drawings(client, sample, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        client.get(PAGE)


def test_it_is_german_for_germans(client, sample):
    german = Client(headers={"accept-language": "de"})
    german.force_login(make_reviewer("dora"))
    assert "Wie gut wir lesen" in german.get(PAGE).content.decode()
