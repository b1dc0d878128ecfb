"""One's own statistics: what counts as a drawing, as an answer and as right, and on which day of whose time zone."""

from datetime import UTC, date, datetime
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from django.db.models.functions import Now

from ml.types import Verdict
from predictions.models import Role, Submission
from predictions.services.own_statistics import activity, told
from predictions.services.own_statistics.activity import SHOWN, Unit, load_activity, start_days
from predictions.services.own_statistics.told import Confusion, Group, load_told
from predictions.services.review import review_submission, withdraw_review
from predictions.services.statistics.arithmetic import wilson
from tests.factories import make_reviewer, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db
BERLIN, APIA, SAO_PAULO = map(ZoneInfo, ("Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo"))


def _read(owner, says=None, text="7", **fields):
    """Make a drawing that was read as `text` and, unless None, of which its owner says `says`."""
    row = read_one(owner, text)
    if fields:
        Submission.objects.filter(pk=row.pk).update(**fields)
        row.refresh_from_db()
    if says is not None:
        review_submission(row, owner, says, Role.OWNER)
    return row


def test_answers_are_counted_by_verdict(alice):
    for says in ("7", "7", "1"):
        _read(alice, says)
    _read(alice, "7", verdict="unsure")
    _read(alice, "", verdict="not_a_digit")
    _read(alice, "7", verdict="not_a_digit")  # the text that was not shown
    _read(alice, "")
    _read(alice)
    _read(make_user("bob"), "7")
    found = load_told(alice)
    told_and_right = [(group.name, group.told, group.right, group.wrong) for group in found.by_verdict]
    assert told_and_right == [("digit", 4, 2, 2), ("unsure", 1, 1, 0), ("not_a_digit", 2, 1, 1)]
    assert (found.total.told, found.total.right) == (7, 4)
    low, high = found.total.estimate.low, found.total.estimate.high
    assert (found.total.estimate.share, low, high) == (4 / 7, *wilson(4 / 7, 7))
    assert (low, high) == pytest.approx((0.2505, 0.8418), abs=1e-4)  # worked out by hand


def test_deleted_replaced_and_our_own_drawings_do_not_count(alice):
    _read(alice, "7", deleted_at=Now())
    _read(alice, "7", superseded_at=Now())
    make_submission()
    make_submission(alice)  # not read yet
    assert load_told(alice).total.told == 0
    assert load_activity(alice, Unit.DAY, UTC).total == 0


def test_what_reviewers_say_is_no_answer_of_the_owner(alice):
    carol = make_reviewer()
    disputed, reviewed, withdrawn, own = _read(alice, "1"), _read(alice), _read(alice, "1"), _read(alice, "7")
    for row in (disputed, reviewed):
        review_submission(row, carol, "7", Role.REVIEWER)
    withdraw_review(withdrawn, alice)
    review_submission(own, alice, "1", Role.OWNER)  # on second thoughts
    found = load_told(alice).total
    assert (found.told, found.right) == (2, 0)
    withdraw_review(disputed, alice)
    assert load_told(alice).total.told == 1


CASES = list(
    product(
        ("digit", "unsure", "not_a_digit"),
        (("35", "3.5"), ("35", "35"), ("35", "3?5"), ("7", "")),
        (None, {"kind": "number"}),
        ("35", "3.5", "7", "", "1"),
    )
)


@pytest.mark.parametrize(("verdict", "texts", "expects", "says"), CASES)
def test_postgres_and_python_agree_on_what_is_right(alice, verdict, texts, expects, says):
    text, written = texts
    fields = {"text": text, "written": written, "verdict": verdict, "expects": expects}
    row = _read(alice, says, **fields)
    assert load_told(alice).total.right == row.agrees_with(says)


def test_digits_are_compared_one_by_one(alice):
    for says, text in (("7", "7"), ("7", "1"), ("127", "121"), ("3.5", "38"), ("12", "123"), ("123", "1")):
        _read(alice, says, text)
    _read(alice, "", "4")
    _read(alice, "4", verdict="not_a_digit")
    _read(alice, "44", verdict="not_a_digit")
    _read(alice, "", verdict="not_a_digit")
    found = load_told(alice)
    pairs = {"77": 1, "71": 2, "11": 1, "22": 1, "33": 1, "58": 1}
    assert found.pairs == {tuple(pair): count for pair, count in pairs.items()} | {
        ("", "4"): 1,
        ("4", ""): 1,
        ("", ""): 1,
    }
    assert found.uncompared == 3
    confused = [Confusion("7", "1", 2), Confusion("4", "", 1), Confusion("5", "8", 1), Confusion("", "4", 1)]
    assert found.confusions == confused
    assert found.read_as("7") == [0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_confidence_is_compared_with_what_was_right(alice):
    for says, confidence in (("7", 0.6), ("1", 0.7), ("7", 0.985), ("7", 1.0), ("7", 0.5)):
        _read(alice, says, confidence=confidence)
    _read(alice, "", confidence=0.1, verdict="not_a_digit")  # right, but not the text
    found = load_told(alice).bins
    assert [(group.name, group.told, group.right) for group in found] == [
        ((0.0, 0.5), 1, 0),
        ((0.5, 0.8), 3, 2),
        ((0.98, 0.99), 1, 1),
        ((0.999, 1.0), 1, 1),
    ]
    assert found[1].expected == pytest.approx(0.6)
    assert found[1].estimate.share == pytest.approx(2 / 3)


def test_only_the_newest_answers_count(alice, monkeypatch):
    monkeypatch.setattr(told, "MOST_TOLD", 2)
    for says in ("1", "7", "7"):
        _read(alice, says)
    assert load_told(alice).total == Group(None, 2, 2)


def test_drawings_are_counted_by_source(alice):
    for source in ("draw", "api", "draw"):
        _read(alice, source=source)
    _read(alice, source="newer")  # what newer code stores that runs beside this
    found = load_activity(alice, Unit.DAY, UTC)
    assert (found.total, dict(found.sources)) == (4, {"draw": 2, "api": 1, "newer": 1})
    assert found.sources[0] == ("draw", 2)


@pytest.mark.parametrize(
    ("unit", "zone", "at", "first"),
    [
        (Unit.DAY, UTC, "2026-03-29T23:59:59+00:00", date(2026, 3, 29)),
        (Unit.DAY, BERLIN, "2026-03-28T23:00:00+00:00", date(2026, 3, 29)),  # winter time begins the day
        (Unit.DAY, BERLIN, "2026-03-29T21:59:59+00:00", date(2026, 3, 29)),  # and summer time ends it
        (Unit.DAY, BERLIN, "2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        (Unit.DAY, APIA, "2026-03-29T11:00:00+00:00", date(2026, 3, 30)),
        (Unit.WEEK, UTC, "2026-03-29T23:59:59+00:00", date(2026, 3, 23)),  # a Sunday
        (Unit.WEEK, BERLIN, "2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        (Unit.MONTH, UTC, "2026-02-28T23:59:59+00:00", date(2026, 2, 1)),
        (Unit.MONTH, BERLIN, "2026-02-28T23:00:00+00:00", date(2026, 3, 1)),
    ],
)
def test_days_are_those_of_the_time_zone(alice, monkeypatch, unit, zone, at, first):
    monkeypatch.setattr(activity.timezone, "localdate", lambda timezone: date(2026, 3, 31))
    _read(alice, created_at=datetime.fromisoformat(at))
    found = load_activity(alice, unit, zone)
    assert [span.first for span in found.spans if span.count] == [first]
    assert (found.recent, found.busiest.first) == (1, first)


def test_older_drawings_count_in_the_total_alone(alice):
    _read(alice, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    found = load_activity(alice, Unit.MONTH, UTC)
    assert (found.total, found.recent) == (1, 0)


def test_a_day_without_midnight_is_a_day(alice, monkeypatch):
    """In São Paulo clocks went from 0:00 to 1:00 on 4 November 2018, and 23:00 to 24:00 came twice in February."""
    monkeypatch.setattr(activity.timezone, "localdate", lambda timezone: date(2018, 11, 5))
    for at in ("2018-11-04T02:59:59+00:00", "2018-11-04T03:00:00+00:00", "2018-11-05T02:00:00+00:00"):
        _read(alice, created_at=datetime.fromisoformat(at))
    counts = {span.first.day: span.count for span in load_activity(alice, Unit.DAY, SAO_PAULO).spans[-3:]}
    assert counts == {3: 1, 4: 1, 5: 1}


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31), date(2026, 11, 30)])
def test_spans_follow_each_other_until_today(unit, today):
    days = start_days(unit, today)
    assert len(days) == SHOWN[unit] + 1
    assert days[-2] <= today < days[-1]
    assert all(one < following for one, following in pairwise(days))
    if unit == Unit.MONTH:
        assert {day.day for day in days} == {1}
    else:
        assert {(following - one).days for one, following in pairwise(days)} == {7 if unit == Unit.WEEK else 1}
    assert unit != Unit.WEEK or days[0].weekday() == 0


def test_each_is_one_query(alice, django_assert_num_queries):
    make_version()
    for says in ("7", "1", ""):
        _read(alice, says)
    with django_assert_num_queries(2):
        assert load_activity(alice, Unit.DAY, UTC).total == load_told(alice).total.told == 3


def test_every_verdict_has_a_group(alice):
    for verdict in Verdict:
        _read(alice, "7", verdict=verdict)
    assert [group.name for group in load_told(alice).by_verdict] == list(Verdict)
