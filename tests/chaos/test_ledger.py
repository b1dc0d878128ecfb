"""The harness is tested too: it reports what is planted, and nothing else."""

from collections import Counter

import psycopg
import pytest

from ml.golden import golden_drawing
from tests.chaos.__main__ import Outcome, report
from tests.chaos.faults import Fault
from tests.chaos.ledger import Found, Ledger, Row, rows_of
from tests.site import open_site

ONCE = ((1, "v1"),)
DOUBLED = (
    "DROP INDEX prediction_once_a_reading",
    "CREATE TEMP TABLE twice AS SELECT p.* FROM predictions_prediction p JOIN predictions_submission s"
    " ON s.key = p.submission_id WHERE s.id = %s",
    "UPDATE twice SET id = -id",
    "INSERT INTO predictions_prediction SELECT * FROM twice",
)
TAKEN = (
    "DELETE FROM predictions_prediction WHERE submission_id = (SELECT key FROM predictions_submission WHERE id = %s)",
    "DELETE FROM predictions_drawing WHERE submission_id = (SELECT key FROM predictions_submission WHERE id = %s)",
    "DELETE FROM predictions_submission WHERE id = %s",
)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    for name in ("a", "b", "c"):
        ledger.note("accepted", "alice", name, "7")
    return ledger


def rows(*others):
    changed = {row.id for row in others}
    kept = [Row(name, "alice", "succeeded", text="7", readings=ONCE) for name in ("a", "b", "c") if name not in changed]
    return [*kept, *(row for row in others if row.status)]


def test_what_is_all_there_once_is_kept(ledger):
    found = ledger.compare(rows(Row("x", "bob", "succeeded", text="1", readings=ONCE)))
    assert (found.accepted, found.is_kept) == (3, True)


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ([Row("b", "alice", "")], "lost"),  # no row at all
        ([Row("b", "bob", "succeeded", text="7", readings=ONCE)], "lost"),  # another's
        ([Row("b", "alice", "succeeded", text="7")], "lost"),  # said to be read, without a reading
        ([Row("b", "alice", "succeeded", is_deleted=True)], "lost"),  # nobody asked for it
        ([Row("b", "alice", "succeeded", text="7", readings=ONCE * 2)], "duplicate"),
        ([Row("b", "alice", "succeeded", text="7", readings=ONCE)] * 2, "duplicate"),
        ([Row("b", "alice", "running")], "unfinished"),
        ([Row("b", "alice", "succeeded", text="1", readings=ONCE)], "foreign"),  # its neighbour's reading
        ([Row("b", "alice", "failed", error_code="gave_up")], "failed"),
    ],
)
def test_what_is_planted_is_reported_as_what_it_is(ledger, planted, kind):
    found = ledger.compare(rows(*planted))
    assert not found.is_kept
    assert {name for name, ids in found.kinds().items() if ids} == {kind}


def test_what_its_owner_deleted_is_kept_and_two_models_may_read_it(ledger):
    ledger.note("delete", "alice", "b")
    deleted = Row("b", "alice", "canceled", is_deleted=True)
    again = Row("c", "alice", "succeeded", text="7", readings=((1, "v1"), (2, "v1")))
    assert ledger.compare(rows(deleted, again)).is_kept


def test_what_a_stranger_saw_is_reported(ledger):
    ledger.note("foreign", "bob", "a")
    assert ledger.compare(rows()).foreign == ["a"]


def test_a_deletion_that_was_answered_and_is_undone_is_reported(ledger):
    ledger.note("delete", "alice", "b")
    assert ledger.compare(rows()).is_kept  # asked, but nobody said yes
    ledger.note("deleted", "alice", "b")
    assert ledger.compare(rows()).undone == ["b"]


def test_mail_that_was_not_sent_is_reported(ledger):
    ledger.note("mail", "somebody", "a@example.org")
    assert ledger.compare(rows(), ["a@example.org"]).is_kept
    assert ledger.compare(rows(), ["b@example.org"]).unsent == ["a@example.org"]


@pytest.mark.worker
@pytest.mark.long  # the same faults as above, in the rows of a real site: 11 s
@pytest.mark.timeout(240)
def test_faults_planted_in_a_real_site_are_found(tmp_path):
    """Delete a row behind the site's back, and add a second prediction, which a constraint forbids."""
    with open_site() as site:
        ledger = Ledger(tmp_path / "site")
        for digit in range(3):
            answer = site.request("POST", "/api/v1/submissions/", json=golden_drawing(digit, 0))
            ledger.note("accepted", "alice", answer.json()["id"])
        site.wait_until(lambda: not ledger.compare(rows_of(site.query)).unfinished, 60)
        assert ledger.compare(rows_of(site.query)).is_kept
        first, second = [row.id for row in rows_of(site.query)][:2]
        with psycopg.connect(site.env["DATABASE_URL"]) as database:
            for planted in DOUBLED:
                database.execute(planted, [second] if "%s" in planted else None)
            for planted in TAKEN:
                database.execute(planted, [first])
        found = ledger.compare(rows_of(site.query))
        assert (found.lost, found.duplicate) == ([first], [second])


def test_a_broken_promise_is_reported_by_name(capsys):
    fault = Fault("a fault", print, promised_s=10)
    kept = Outcome(fault, 3, Counter({"202": 3, "503": 2}), 0.2, 5.0, 34.0)
    assert report([kept], Found(accepted=3))
    assert not report([kept], Found(accepted=3, lost=["a"]))
    assert "lost 1" in capsys.readouterr().out
    for broken in (
        Outcome(fault, 3, Counter({"500": 1}), 0.2, 0.0, 1.0),
        Outcome(fault, 3, Counter({"503 without Retry-After": 1}), 0.2, 0.0, 1.0),
        Outcome(fault, 3, Counter(), 0.2, 0.0, 31.0),
    ):
        assert not report([broken], Found(accepted=3))
        assert "broken: a fault" in capsys.readouterr().out
