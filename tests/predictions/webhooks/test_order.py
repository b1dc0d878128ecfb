"""While an endpoint fails, one delivery is tried again and the others wait for it; once it answers, all follow."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.functions import Now

from predictions import claims
from predictions.models import Status, WebhookDelivery
from predictions.webhooks import delivering
from predictions.webhooks.endpoints import add_endpoint, send_again, try_endpoint
from tests.factories import make_user
from tests.predictions.webhooks.receiver import open_receiver
from tests.predictions.webhooks.test_delivering import make_due, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    """Yield a server on loopback that answers 500."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with open_receiver() as found:
        found.statuses = [500]
        yield found


@pytest.fixture
def endpoint(receiver):
    """Return an endpoint of alice's that fails: its first delivery was tried once."""
    endpoint = add_endpoint(make_user(), receiver.url, ["sheet.read"])
    tell(endpoint)
    assert delivering.send_one()
    return endpoint


def asked_for(receiver):
    """Return the ids of the deliveries that arrived, in order."""
    return [headers["webhook-id"] for _, headers, _ in receiver.received]


def test_new_events_for_an_endpoint_that_fails_wait_and_move_nothing(endpoint, receiver):
    first = endpoint.deliveries.get()
    for _ in range(3):
        tell(endpoint)
        assert not delivering.send_one()
    make_due()
    assert delivering.send_one() and not delivering.send_one()
    assert asked_for(receiver) == [str(first.pk)] * 2
    assert endpoint.deliveries.filter(tries=0, available_at__lte=Now()).count() == 3  # they wait for it, not for a time


def test_once_it_answers_all_that_waits_is_sent_at_once(endpoint, receiver):
    waiting = {str(tell(endpoint).pk) for _ in range(3)}
    receiver.statuses = [204]
    make_due()
    while delivering.send_one():
        pass
    assert set(asked_for(receiver)[2:]) == waiting
    assert not endpoint.deliveries.unfinished().exists()


def test_processes_that_find_out_at_once_agree_on_the_first(endpoint, receiver):
    first, second = endpoint.deliveries.get(), tell(endpoint)
    WebhookDelivery.objects.filter(pk=second.pk).update(tries=1)  # tried by another process at the same time
    make_due()
    with claims.claimed_delivery() as rows:
        assert [row.pk for row in rows] == [first.pk]
        assert not delivering.send_one()  # by the other process
    receiver.statuses = [204]
    make_due()
    while delivering.send_one():
        pass
    assert asked_for(receiver)[1:] == [str(first.pk), str(second.pk)]


def test_a_success_ends_the_wait_of_those_that_older_code_postponed(endpoint, receiver):
    postponed = tell(endpoint)
    WebhookDelivery.objects.filter(pk=postponed.pk).update(available_at=Now() + delivering.DELAYS[-1])
    receiver.statuses = [204]
    first = endpoint.deliveries.get(tries=1)
    WebhookDelivery.objects.filter(pk=first.pk).update(available_at=Now())
    while delivering.send_one():
        pass
    assert asked_for(receiver)[-1] == str(postponed.pk)


def test_once_it_answers_at_all_the_others_follow_even_if_the_first_is_refused(endpoint, receiver):
    row = tell(endpoint)
    WebhookDelivery.objects.filter(pk=row.pk).update(available_at=Now() + delivering.DELAYS[-1])
    WebhookDelivery.objects.exclude(pk=row.pk).update(available_at=Now())
    receiver.statuses = [400, 204]
    assert delivering.send_one() and delivering.send_one()
    row.refresh_from_db()
    assert row.status == Status.SUCCEEDED


def test_a_test_that_fails_brings_no_other_try_forward(endpoint, receiver):
    try_endpoint(endpoint)
    assert delivering.send_one() and not delivering.send_one()
    assert endpoint.deliveries.filter(tries=1, status=Status.QUEUED, available_at__gt=Now()).exists()


def test_other_endpoints_are_told_meanwhile(endpoint, receiver):
    with open_receiver() as other:
        row = tell(add_endpoint(make_user("bob"), other.url, ["sheet.read"]))
        assert delivering.send_one() and asked_for(other) == [str(row.pk)]


def test_after_the_last_try_all_that_waits_is_given_up_and_the_next_event_is_tried_at_once(endpoint, receiver):
    waiting = tell(endpoint)
    for _ in delivering.DELAYS:
        make_due()
        assert delivering.send_one()
    assert not endpoint.deliveries.unfinished().exists()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.tries) == (Status.FAILED, 0) and "Send it again" in waiting.trouble
    receiver.statuses = [204]
    row = tell(endpoint)
    send_again(waiting)
    assert delivering.send_one() and delivering.send_one()
    assert set(asked_for(receiver)[-2:]) == {str(row.pk), str(waiting.pk)}


def test_a_test_is_tried_at_once_and_once_and_its_success_ends_the_wait(endpoint, receiver):
    failed = try_endpoint(endpoint)
    assert delivering.send_one() and not delivering.send_one()
    failed.refresh_from_db()
    assert (failed.status, failed.tries, failed.last_status) == (Status.FAILED, 1, 500)
    receiver.statuses = [204]
    try_endpoint(endpoint)
    assert delivering.send_one() and delivering.send_one()
    assert not endpoint.deliveries.unfinished().exists()


def test_what_a_person_sends_again_is_tried_at_once(endpoint, receiver):
    failed = try_endpoint(endpoint)
    assert delivering.send_one()
    failed.refresh_from_db()
    assert failed.status == Status.FAILED
    WebhookDelivery.objects.filter(pk=failed.pk).update(event="sheet.read")
    send_again(failed)
    assert delivering.send_one() and asked_for(receiver)[-1] == str(failed.pk)
    assert not delivering.send_one()


@pytest.mark.django_db(transaction=True)
def test_processes_side_by_side_try_one_delivery_of_an_address_that_fails_and_then_send_each_once(endpoint, receiver):
    first, waiting = endpoint.deliveries.get(), {str(tell(endpoint).pk) for _ in range(6)}
    make_due()
    send_side_by_side()
    assert asked_for(receiver) == [str(first.pk)] * 2
    receiver.statuses = [204]
    make_due()
    send_side_by_side()
    assert asked_for(receiver)[2] == str(first.pk)
    assert sorted(asked_for(receiver)[3:]) == sorted(waiting)


def send_side_by_side():
    """Send what is due from four threads, each with its own connection to Postgres, until none finds anything."""

    def send_all(_):
        while delivering.send_one():
            pass
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send_all, range(4)))
