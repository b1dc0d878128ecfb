"""The page of one's own statistics: what it says, that its links lead to the drawings, and that it is one's own."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from predictions.models import Role, Submission
from predictions.services.own_statistics.told import MOST_TOLD
from predictions.services.review import review_submission
from tests.factories import make_user, read_one

pytestmark = pytest.mark.django_db
PAGE = "/history/statistics/"


@pytest.fixture
def drawings(alice, client):
    """Log alice in, with six drawings: four read right by her answers, a 7 taken for a 1, and one without an answer."""
    client.force_login(alice)
    rows = [read_one(alice, text) for text in ("7", "7", "42", "3", "1", "5")]
    for row, says in zip(rows, ("7", "7", "42", "3", "7"), strict=False):
        review_submission(row, alice, says, Role.OWNER)
    return rows


def _text(answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def _link(answer, words) -> str:
    found = re.search(rf'<a href="([^"]+)"\s*>{words}</a>', answer.content.decode())
    assert found, words
    return unescape(found[1])


def test_it_tells_how_many_and_how_often_right_of_how_many_told(client, drawings):
    text = _text(client.get(PAGE))
    assert "6 drawings of yours were read." in text
    assert "6 drawings in the last 30 days." in text
    assert "4 of 5 readings that you told us about were right: 80%. The 95% interval is 37.6% to 96.4%." in text
    assert "You told us about 5 of 6 drawings." in text
    assert "These are not a random sample: people tell more often when a reading is wrong." in text


def test_pictures_say_what_they_show(client, drawings):
    labels = re.findall(r'role="img"\s+aria-label="([^"]+)"', client.get(PAGE).content.decode())
    assert len(labels) == 5
    assert labels[0].startswith("6 drawings in the last 30 days. Most in one day: 6, on ")
    assert labels[1] == "Most often sent by a program: 6 of 6."
    assert labels[3] == "Most often confused: 7 read as 1, 1 time."
    assert labels[4] == "As expected in 0 of 1 ranges of confidence."
    assert "style=" not in client.get(PAGE).content.decode()


def test_links_lead_to_the_drawings(client, drawings):
    answer = client.get(PAGE)
    assert "7 read as 1 1 time · Corrected readings with a 1" in _text(answer)
    confused = client.get(_link(answer, "Corrected readings with a 1")).context["submissions"]
    assert [row.pk for row in confused] == [drawings[4].pk]
    today = datetime.now(UTC).date()
    days = client.get(_link(answer, "6"))
    assert len(days.context["submissions"]) == 6
    assert 'href="/history/?source=api">6</a>' in answer.content.decode()
    assert days.context["filters"].cleaned_data["since"] in {today, today - timedelta(days=1)}


def test_without_drawings_it_says_what_to_do(client, alice):
    client.force_login(alice)
    answer = client.get(PAGE)
    assert "Nothing to count yet" in _text(answer)
    assert "Draw a digit</a>" in answer.content.decode()


def test_without_answers_it_says_what_to_do(client, alice):
    client.force_login(alice)
    read_one(alice)
    text = _text(client.get(PAGE))
    assert "Tell us whether readings are right" in text
    assert "Which digits are confused" not in text


def test_readings_of_other_lengths_are_told(client, alice):
    client.force_login(alice)
    review_submission(read_one(alice, "12"), alice, "1", Role.OWNER)
    text = _text(client.get(PAGE))
    assert "0 of 1 reading that you told us about was right: 0%." in text
    assert "Which digits are confused" not in text
    review_submission(read_one(alice, "3"), alice, "3", Role.OWNER)
    text = _text(client.get(PAGE))
    assert "No digit was taken for another." in text
    assert "1 reading is longer or shorter and not compared here." in text


def test_it_is_only_ones_own(client, drawings):
    bob = Client()
    bob.force_login(make_user("bob"))
    assert "Nothing to count yet" in _text(bob.get(PAGE))
    assert Client().get(PAGE).url == f"/accounts/login/?next={PAGE}"
    assert client.post(PAGE).status_code == 405
    assert "no-store" in client.get(PAGE)["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("by=day", "last 30 days. Most in one day: 6"),
        ("by=week", "last 12 weeks. Most in one week: 6"),
        ("by=month", "last 12 months. Most in one month: 6"),
        ("by=year", "last 30 days."),
        ("zone=Europe/Berlin", "time zone Europe/Berlin"),
        ("zone=Nowhere/At_All", "time zone UTC"),
        ("zone=../../etc/passwd", "time zone UTC"),
    ],
)
def test_any_period_and_time_zone_is_answered(client, drawings, query, says):
    assert says in _text(client.get(f"{PAGE}?{query}"))


def test_periods_keep_the_time_zone(client, drawings):
    answer = client.get(f"{PAGE}?zone=Europe/Berlin")
    assert _link(answer, "12 weeks") == "?by=week&zone=Europe%2FBerlin"
    assert "zone=Europe%2FBerlin" in _link(answer, "6")


def test_only_so_many_answers_are_counted_and_it_says_so(client, drawings, monkeypatch):
    monkeypatch.setattr("predictions.services.own_statistics.told.MOST_TOLD", 2)
    monkeypatch.setattr("predictions.pages.statistics.page.MOST_TOLD", 2)
    text = _text(client.get(PAGE))
    assert "Only your newest 2 answers are counted." in text
    assert "You told us about" not in text
    assert MOST_TOLD == 20_000


def test_it_costs_as_many_queries_however_many_drawings(client, drawings, alice):
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for text in ("7", "8", "12345"):
        review_submission(read_one(alice, text), alice, "9", Role.OWNER)
    Submission.objects.filter(text="8").update(verdict="unsure", source="upload")
    with CaptureQueriesContext(connection) as more:
        client.get(PAGE)
    assert len(few) == len(more) <= 6


def test_the_history_and_the_account_link_to_it(client, drawings):
    for path in ("/history/", "/accounts/data/"):
        assert f'href="{PAGE}"' in client.get(path).content.decode(), path


def test_it_is_german_for_germans(drawings, alice):
    german = Client(headers={"accept-language": "de"})
    german.force_login(alice)
    text = _text(german.get(PAGE))
    assert "Deine Statistik" in text
    assert "Am häufigsten verwechselt: 7 gelesen als 1, 1-mal." in text
    assert "4 von 5 Ergebnissen, zu denen du geantwortet hast, waren richtig: 80 %." in text.replace("\xa0", " ")
