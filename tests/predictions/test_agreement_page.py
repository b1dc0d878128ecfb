"""The page of agreement: who may see it, whose names they see, and what it says."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from accounts.roles import ADMIN, REVIEWER, make_roles
from predictions.models import KnownAnswer, Role
from predictions.services.repeated_reviews import double
from predictions.services.review import review_submission
from tests.factories import make_reviewer, make_user, read_one

pytestmark = pytest.mark.django_db
PAGE = "/review/agreement/"


@pytest.fixture
def reviewed(settings, alice):
    """Let carol and dora review 24 drawings, and disagree on three of them; dora answers a known one."""
    settings.REVIEW_TWICE_SHARE = 1.0
    carol, dora = make_reviewer(), make_reviewer("dora")
    for number in range(24):
        row = read_one(alice)
        review_submission(row, carol, "7" if number % 2 else "1", Role.REVIEWER)
        row.refresh_from_db()
        review = review_submission(row, dora, "7" if number % 2 or number > 17 else "1", Role.REVIEWER)
        double.update(row, added=review)
    KnownAnswer.objects.create(key=uuid4(), submission=row, reviewer=dora, text="1", truth="7")
    return carol, dora


def _text(answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def _log_in(client, name, role):
    make_roles()
    user = make_user(name, is_staff=True)
    user.groups.add(user.groups.model.objects.get(name=role))
    client.force_login(user)


def test_admins_see_all_names(client, reviewed):
    _log_in(client, "erin", ADMIN)
    text = _text(client.get(PAGE))
    assert "Cohen's kappa is 0.75 ; the 95% interval is" in text
    assert "Of 24 drawings that two people reviewed without knowing of one another, they say the same of 21." in text
    assert "Waiting for a third, because two disagree: 3." in text
    assert "carol 0.75" in text and "dora 0.75" in text
    assert "dora 0.00%" in text  # of known drawings


def test_reviewers_see_their_own_row_alone(client, reviewed):
    carol, dora = reviewed
    client.force_login(dora)
    text = _text(client.get(PAGE))
    assert "You 0.75" in text and "You 0.00%" in text
    assert "carol" not in text
    client.force_login(carol)
    text = _text(client.get(PAGE))
    assert "You 0.75" in text and "dora" not in text and "Known drawings" not in text


def test_others_have_no_such_page(client, alice):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    client.force_login(alice)
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("days", ["28", "91", "364", "", "x"])
def test_without_pairs_it_says_so(client, days):
    _log_in(client, "erin", REVIEWER)
    assert "No drawing of these days has been reviewed by two people yet." in _text(client.get(PAGE, {"days": days}))


def test_it_costs_few_queries(client, reviewed, django_assert_max_num_queries):
    _log_in(client, "erin", ADMIN)
    with django_assert_max_num_queries(7):  # session, user, four of permissions at most, and three
        client.get(PAGE)


def test_it_is_linked_and_german_for_germans(client, reviewed):
    german = Client(headers={"accept-language": "de"})
    german.force_login(reviewed[0])
    assert PAGE in german.get("/review/accuracy/").content.decode()
    assert "Ob Prüfer sich einig sind" in german.get(PAGE).content.decode()
