"""Calls that come together: who leads, what happens to errors and to those who do not get their turn."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from predictions.services.combining import Call, Combiner

THREADS = 8


def test_a_lone_call_is_done_at_once_in_its_own_thread():
    combiner = Combiner(lambda items: [(item, threading.get_ident()) for item in items], limit=4)
    assert combiner.do("a", 1) == ("a", threading.get_ident())


def test_every_call_of_racing_threads_is_done_once_in_groups_of_the_limit():
    groups, lock = [], threading.Lock()

    def work(items):
        with lock:  # only one group at a time
            groups.append(list(items))
            time.sleep(0.001)
            return [item * 10 for item in items]

    combiner = Combiner(work, limit=3)
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(lambda item: combiner.do(item, 10), range(400))) == [item * 10 for item in range(400)]
    assert sorted(item for group in groups for item in group) == list(range(400))
    assert max(map(len, groups)) == 3
    assert not combiner._is_busy and not combiner._waiting


@pytest.fixture
def held():
    """Yield a combiner whose leader is at work, and an Event that lets it go on."""
    at_work, go = threading.Event(), threading.Event()

    def work(items):
        if items == ["first"]:
            at_work.set()
            go.wait(10)
        if "bad" in items and len(items) > 1:
            return [ValueError(item) if item == "bad" else item for item in items]
        if "worst" in items:
            raise RuntimeError
        return items

    combiner = Combiner(work, limit=8)
    leader = threading.Thread(target=combiner.do, args=("first", 10))
    leader.start()
    at_work.wait(10)
    yield combiner, go
    go.set()
    leader.join()
    assert not combiner._is_busy and not combiner._waiting


def _do_all(combiner, go, items):
    def do(item):
        try:
            return combiner.do(item, 10)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(items)) as pool:
        calls = [pool.submit(do, item) for item in items]
        while len(combiner._waiting) < len(items):
            time.sleep(0.001)
        go.set()
        return [call.result() for call in calls]


def test_an_error_of_one_item_is_raised_in_its_caller_alone(held):
    found = _do_all(*held, ["a", "bad", "b"])
    assert [type(one) for one in found] == [str, ValueError, str]


def test_an_error_of_the_work_is_raised_in_all_callers(held):
    found = _do_all(*held, ["a", "worst", "b"])
    assert [type(one) for one in found] == [RuntimeError] * 3


def test_a_call_that_gets_no_turn_in_time_is_never_done(held):
    combiner, go = held
    with pytest.raises(TimeoutError):
        combiner.do("late", 0.01)
    assert _do_all(combiner, go, ["a"]) == ["a"]


def test_those_who_wait_give_back_what_the_leader_may_need(held):
    combiner, go = held
    given_back = []
    with pytest.raises(TimeoutError):
        combiner.do("b", 0.01, before_wait=lambda: given_back.append(True))
    go.set()
    assert given_back == [True]


def test_a_call_can_be_added_by_another_thread_once():
    combiner = Combiner(lambda items: items, limit=8)
    call = Call("a")
    assert combiner.add(call)
    assert not combiner.add(call)
    assert combiner.finish(call, 1) == "a"


def test_a_call_that_nobody_added_in_time_cannot_be_added_any_more():
    combiner = Combiner(lambda items: items, limit=8)
    call = Call("a")
    with pytest.raises(TimeoutError):
        combiner.finish(call, 0.01)
    assert not combiner.add(call)
    assert combiner.do("b", 1) == "b"
