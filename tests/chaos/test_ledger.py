"""The harness is tested too: it reports what is planted, and nothing else."""

import pytest

from tests.chaos.ledger import Ledger, Row

ONCE = ((1, "v1"),)


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
    reported = {name for name in ("lost", "duplicate", "foreign", "unfinished", "failed") if getattr(found, name)}
    assert reported == {kind}


def test_what_its_owner_deleted_is_kept_and_two_models_may_read_it(ledger):
    ledger.note("delete", "alice", "b")
    deleted = Row("b", "alice", "canceled", is_deleted=True)
    again = Row("c", "alice", "succeeded", text="7", readings=((1, "v1"), (2, "v1")))
    assert ledger.compare(rows(deleted, again)).is_kept


def test_what_a_stranger_saw_is_reported(ledger):
    ledger.note("foreign", "bob", "a")
    assert ledger.compare(rows()).foreign == ["a"]
