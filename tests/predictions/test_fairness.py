"""Owners take turns: many drawings of one owner, or slow ones, do not delay those of another."""

import random
import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from ml.artifacts import load_shipped
from ml.golden import golden_drawing
from ml.recognition.loading import load_reader
from predictions import claims, fairness, lifecycle
from predictions.models import Drawing, Status, Submission
from predictions.worker import model_cache, recognize
from tests.factories import make_submission, make_user, make_version

pytestmark = pytest.mark.django_db
PROMISE_CPU_S = 2.0  # the work before a digit is read, although another owner has sent 16 of the slowest drawings


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch):
    monkeypatch.setattr(fairness, "_last_read", {})


@pytest.fixture
def slow(monkeypatch):
    """Let every drawing of these owners take 0.2 s to prepare; a batch begins none after 0.1 s."""
    owners, real = set(), recognize.prepare

    def prepare(drawing):
        if drawing.submission.owner in owners:
            time.sleep(0.2)
        return real(drawing)

    monkeypatch.setattr(recognize, "prepare", prepare)
    monkeypatch.setattr(recognize, "BATCH_BUDGET_S", 0.1)
    return owners


def _names(rows):
    return [row.owner.username for row in rows]


def lock_waiting(limit=32):
    """Lock waiting submissions and return them in the order of claims."""
    values = {"max_attempts": 3, "head": fairness.head_for(limit), "limit": limit, "from_key": 0}
    with transaction.atomic():
        return list(Submission.objects.raw(fairness.IN_TURNS, values))


def test_owners_are_claimed_by_turns():
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    for owner in (alice, alice, alice, bob, bob, carol):
        make_submission(owner)
    rows = lock_waiting()
    assert _names(rows) == ["alice", "bob", "carol", "alice", "bob", "alice"]
    for name in ("alice", "bob"):
        own = [row.pk for row in rows if row.owner.username == name]
        assert own == sorted(own)  # each owner's oldest first


def test_the_place_in_the_queue_is_the_order_of_claiming():
    alice, bob = make_user("alice"), make_user("bob")
    rows = [make_submission(alice), make_submission(alice), make_submission(bob), make_submission(bob, lane="bulk")]
    ahead = {row.pk: fairness.count_ahead(row) for row in rows}
    with transaction.atomic():
        assert [ahead[row.pk] for row in lock_waiting(32)] == [0, 1, 2, 3]


def test_far_behind_those_before_are_counted_and_a_row_that_is_read_has_no_place(monkeypatch):
    monkeypatch.setattr(fairness, "HEAD", 2)
    rows = [make_submission(make_user(name)) for name in ("alice", "bob", "carol", "dora")]
    assert [fairness.count_ahead(row) for row in rows] == [0, 1, 2, 3]
    with claims.claimed(1) as [claimed]:
        assert fairness.count_ahead(claimed) is None
        assert fairness.count_ahead(rows[3]) == 2


def test_guests_are_owners_too():
    for guest in ("one", "one", "two"):
        lifecycle.queue(Submission(guest_key=guest), Drawing(**golden_drawing(7, seed=0)))
    assert [row.guest_key for row in lock_waiting()] == ["one", "two", "one"]


def test_interactive_rows_come_before_bulk_rows_of_any_owner():
    alice, bob = make_user("alice"), make_user("bob")
    make_submission(bob, lane="bulk")
    make_submission(alice), make_submission(alice)
    assert _names(lock_waiting()) == ["alice", "alice", "bob"]


def test_a_newcomer_is_in_the_next_batch_behind_a_full_one():
    alice, bob = make_user("alice"), make_user("bob")
    for _ in range(6):
        make_submission(alice)
    make_submission(bob)
    with claims.claimed(2) as rows:
        assert _names(rows) == ["alice", "bob"]


def test_rows_that_cannot_be_claimed_are_left_out(settings):
    queued, later, exhausted, running = (make_submission() for _ in range(4))
    Submission.objects.filter(pk=later.pk).update(available_at="2100-01-01T00:00Z")
    Submission.objects.filter(pk=exhausted.pk).update(attempts=settings.MAX_ATTEMPTS)
    Submission.objects.filter(pk=running.pk).update(
        status=Status.RUNNING, claim=running.id, lease_until="2100-01-01T00:00Z"
    )
    assert [row.pk for row in lock_waiting()] == [queued.pk]
    Submission.objects.filter(pk=running.pk).update(lease_until="2020-01-01T00:00Z")
    assert [row.pk for row in lock_waiting()] == [queued.pk, running.pk]


def test_a_batch_whose_time_is_used_up_returns_the_rest_at_once(reader, slow):
    alice = make_user("alice")
    slow.add(alice)
    rows, woken = [make_submission(alice) for _ in range(3)], []
    assert recognize.recognize_batch(on_more=lambda: woken.append(1)) == 1
    assert woken == [1]
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == ["succeeded", "queued", "queued"]
    assert [row.attempts for row in rows] == [1, 0, 0]
    assert [recognize.recognize_batch() for _ in range(3)] == [1, 1, 0]


def test_a_slow_drawing_does_not_keep_others_waiting_twice(reader, slow):
    alice, bob = make_user("alice"), make_user("bob")
    slow.add(alice)
    for _ in range(4):
        make_submission(alice)
    recognize.recognize_batch()
    seven = make_submission(bob)  # newer than all of alice's
    recognize.recognize_batch()
    seven.refresh_from_db()
    assert seven.status == Status.SUCCEEDED


def test_slow_owners_take_turns(reader, slow):
    owners = [make_user(name) for name in ("alice", "bob", "carol")]
    slow.update(owners)
    for owner in owners:
        make_submission(owner), make_submission(owner)
    for _ in range(3):
        recognize.recognize_batch()
    read = Submission.objects.filter(status=Status.SUCCEEDED).select_related("owner")
    assert sorted(_names(read)) == ["alice", "bob", "carol"]


def test_pages_with_many_components_are_read_in_several_passes(reader, settings):
    settings.BATCH_LIMIT = 4  # so a pass has room for 8 components
    dashes = [[[x, 140], [x, 200]] for x in range(20, 270, 40)]
    for _ in range(4):
        drawing = Drawing(strokes=dashes, width=280, height=280, pen_px=8)
        lifecycle.queue(Submission(guest_key="golden"), drawing)
    assert recognize.recognize_batch() == 4
    assert reader.batches == [2, 2]


@pytest.fixture
def worker(monkeypatch) -> Iterator[None]:
    """Read whatever waits in a thread, with the shipped model."""
    loaded = model_cache.Loaded(make_version(), load_reader(load_shipped()))
    monkeypatch.setattr(recognize, "live", lambda: loaded)
    stopping = Event()

    def work():
        while not stopping.is_set():
            if not recognize.recognize_batch():
                stopping.wait(0.02)
        connection.close()

    thread = Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()


def _slowest(seed):
    rng = random.Random(seed)
    points = [[rng.uniform(0, 1000), rng.uniform(0, 1000)] for _ in range(20_000)]
    return Drawing(strokes=[points], width=1000, height=1000, pen_px=500)


@pytest.mark.django_db(transaction=True)
def test_a_digit_is_read_soon_although_another_owner_sends_sixteen_of_the_slowest(worker):
    alice, bob = make_user("alice"), make_user("bob")
    for seed in range(16):
        lifecycle.queue(Submission(owner=alice), _slowest(seed))
    time.sleep(0.5)  # the worker has begun
    seven, began = make_submission(bob), time.process_time()  # CPU time, so that a busy machine changes nothing
    while seven.status != Status.SUCCEEDED:
        assert time.process_time() - began < 3 * PROMISE_CPU_S
        time.sleep(0.05)
        seven.refresh_from_db()
    print(f"read after {time.process_time() - began:.2f} CPU-s")
    assert seven.text == "7"
