"""Webhooks arrive signed, are tried again at growing distances, and no endpoint holds up or is asked for too much."""

import base64
import json
import socket
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from predictions import claims
from predictions.models import Status, WebhookDelivery, WebhookEndpoint, WebhookEvent
from predictions.webhooks import delivering, posting
from predictions.webhooks.endpoints import (
    ForbiddenAddress,
    Unacceptable,
    add_endpoint,
    remove_endpoint,
    rotate_secret,
    try_endpoint,
)
from predictions.webhooks.events import queue_event
from predictions.webhooks.signatures import sign
from tests.certificates import Authority
from tests.factories import make_user
from tests.predictions.webhooks.receiver import open_receiver

pytestmark = pytest.mark.django_db
SHEET = "6a8f3c1e-2b4d-4e6f-8a9b-0c1d2e3f4a5b"
EVENTS = ["sheet.read", "sheet.confirmed"]


@pytest.fixture
def receiver(settings):
    """Yield a server on loopback, to which webhooks may go."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with open_receiver() as found:
        yield found


@pytest.fixture
def endpoint(receiver):
    """Return an endpoint of alice's that is told of everything."""
    return add_endpoint(make_user(), f"{receiver.url}/hooks?from=inkling", EVENTS)


def tell(endpoint, event=WebhookEvent.SHEET_READ):
    """Queue an event of a sheet and return its delivery."""
    assert queue_event(endpoint.owner_id, event, SHEET) == 1
    return endpoint.deliveries.latest("created_at")


def make_due():
    """Let everything that waits be due."""
    WebhookDelivery.objects.filter(status=Status.QUEUED).update(available_at=Now())


def test_signatures_are_those_of_the_reference_library():
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    body = '{"type":"test","data":{"name":"Zähler"}}'
    assert sign(secret, "msg_1", 1_700_000_000, body) == "v1,msZsevmwtCKKXc2WjTgeUsj8gnb/lslUWW3bRkaDus8="


def test_an_event_arrives_signed_and_tells_ids_alone(endpoint, receiver):
    row = tell(endpoint)
    assert delivering.send_one() and not delivering.send_one()
    ((path, headers, body),) = receiver.received
    assert path == "/hooks?from=inkling"
    assert headers["webhook-id"] == str(row.pk)
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == sign(endpoint.secret, str(row.pk), stamp, body.decode())
    told = json.loads(body)
    assert (told["type"], told["data"].keys()) == ("sheet.read", {"sheet", "url"})
    row.refresh_from_db()
    assert (row.status, row.last_status, row.tries, row.trouble) == (Status.SUCCEEDED, 204, 1, "")


def test_nobody_else_is_told_and_nobody_of_what_they_do_not_want(endpoint, receiver):
    other = add_endpoint(make_user("bob"), receiver.url, ["sheet.confirmed"])
    assert queue_event(other.owner_id, WebhookEvent.SHEET_READ, SHEET) == 0
    tell(endpoint)
    assert not other.deliveries.exists()


def test_an_event_exists_if_and_only_if_its_transaction_was_committed(endpoint):
    with transaction.atomic():
        tell(endpoint)
        transaction.set_rollback(True)
    assert not endpoint.deliveries.exists()


def test_failed_tries_are_repeated_at_growing_distances_and_end(endpoint, receiver):
    receiver.statuses = [503]
    row, waits = tell(endpoint), []
    for _ in range(len(delivering.DELAYS)):
        assert delivering.send_one() and not delivering.send_one()
        row.refresh_from_db()
        due = WebhookDelivery.objects.filter(pk=row.pk, available_at__gt=Now()).annotate(now=Now()).get()
        waits.append(due.available_at - due.now)
        make_due()
    assert [wait.total_seconds() for wait in waits] == pytest.approx(
        [delay.total_seconds() for delay in delivering.DELAYS], abs=3
    )
    assert delivering.send_one()
    row.refresh_from_db()
    assert (row.status, row.tries, row.last_status) == (Status.FAILED, len(receiver.received), 503)
    assert {headers["webhook-id"] for _, headers, _ in receiver.received} == {str(row.pk)}


@pytest.mark.parametrize(
    ("status", "ends"), [(400, "failed"), (404, "failed"), (302, "failed"), (408, "queued"), (429, "queued")]
)
def test_a_refusal_is_final_unless_it_says_later_and_no_redirect_is_followed(endpoint, receiver, status, ends):
    receiver.statuses = [status]
    row = tell(endpoint)
    assert delivering.send_one()
    row.refresh_from_db()
    assert (row.status, row.last_status, len(receiver.received)) == (ends, status, 1)
    assert row.trouble


@pytest.mark.parametrize(
    ("scheme", "host", "says"),
    [
        ("https", "hooks.invalid", "name of its host could not be looked up"),
        ("http", "127.0.0.1:{closed}", "refuses connections"),
        ("https", "127.0.0.1:{own}", "Check its certificate"),
    ],
)
def test_an_address_that_no_answer_comes_from_is_told_why(endpoint, receiver, tmp_path, scheme, host, says):
    with socket.socket() as closed, open_receiver(Authority(tmp_path).server()) as own:
        closed.bind(("127.0.0.1", 0))  # nothing listens
        host = host.format(closed=closed.getsockname()[1], own=own.port)
        WebhookEndpoint.objects.update(url=f"{scheme}://{host}/")
        row = tell(endpoint)
        assert delivering.send_one()
    row.refresh_from_db()
    assert (row.status, row.last_status) == (Status.QUEUED, None) and says in row.trouble


def test_an_endpoint_that_is_gone_gets_nothing_until_it_is_tried_again(endpoint, receiver):
    receiver.statuses = [410, 204]
    tell(endpoint)
    assert delivering.send_one()
    endpoint.refresh_from_db()
    assert endpoint.off_at is not None
    assert queue_event(endpoint.owner_id, WebhookEvent.SHEET_READ, SHEET) == 0
    row = try_endpoint(endpoint)
    assert delivering.send_one()
    row.refresh_from_db()
    assert row.status == Status.SUCCEEDED and tell(endpoint)


def test_an_endpoint_that_gives_no_answer_is_asked_once(endpoint, receiver, monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_S", 0.3)
    receiver.silence.set()
    for _ in range(3):
        tell(endpoint)
    assert delivering.send_one()
    assert not delivering.send_one()
    first = endpoint.deliveries.get(tries=1)
    assert (first.status, first.last_status) == (Status.QUEUED, None) and "in time" in first.trouble


def test_a_changed_secret_signs_beside_the_former_one_for_a_day(endpoint, receiver):
    former = endpoint.secret
    rotate_secret(endpoint)
    row = tell(endpoint)
    delivering.send_one()
    _, headers, body = receiver.received[0]
    signed = [
        sign(one, str(row.pk), int(headers["webhook-timestamp"]), body.decode()) for one in (endpoint.secret, former)
    ]
    assert headers["webhook-signature"] == " ".join(signed) and former != endpoint.secret
    WebhookEndpoint.objects.update(former_until=Now() - timedelta(seconds=1))
    tell(endpoint)
    delivering.send_one()
    assert " " not in receiver.received[1][1]["webhook-signature"]


def test_a_private_address_is_asked_for_nothing(endpoint, receiver, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    WebhookEndpoint.objects.update(url=receiver.url.replace("http:", "https:"))
    row = tell(endpoint)
    assert delivering.send_one()
    row.refresh_from_db()
    assert receiver.received == [] and "public internet" in row.trouble


def test_a_delivery_whose_process_died_is_tried_by_another_once_its_lease_ended(endpoint, receiver):
    row = tell(endpoint)
    held = claims.claimed_delivery()
    held.__enter__()  # and its process dies
    assert not delivering.send_one()
    WebhookDelivery.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert delivering.send_one() and len(receiver.received) == 1


def test_a_removed_endpoint_is_told_nothing(endpoint, receiver):
    tell(endpoint)
    remove_endpoint(endpoint)
    assert not delivering.send_one() and receiver.received == []


def test_endpoints_have_limits(endpoint, receiver):
    alice = endpoint.owner
    with pytest.raises(Unacceptable, match="already"):
        add_endpoint(alice, endpoint.url, EVENTS)
    with pytest.raises(Unacceptable, match="Choose"):
        add_endpoint(alice, f"{receiver.url}/other", ["sheet.read", "everything"])
    for number in range(4):
        add_endpoint(alice, f"{receiver.url}/{number}", EVENTS)
    with pytest.raises(Unacceptable, match="Remove one"):
        add_endpoint(alice, f"{receiver.url}/5", EVENTS)
    for _ in range(3):
        try_endpoint(endpoint)
    with pytest.raises(Unacceptable, match="Wait"):
        try_endpoint(endpoint)


def test_an_address_that_is_none_is_not_stored(settings):
    with pytest.raises(ForbiddenAddress):
        add_endpoint(make_user(), "https://127.0.0.1/", EVENTS)
    assert not WebhookEndpoint.objects.exists()


def test_old_deliveries_and_endpoints_of_nobody_are_deleted(endpoint):
    row = tell(endpoint)
    delivering.send_one()
    WebhookDelivery.objects.filter(pk=row.pk).update(finished_at=Now() - delivering.KEPT - timedelta(hours=1))
    assert delivering.delete_old() == 1
    WebhookEndpoint.objects.update(owner=endpoint.owner_id + 1_000)
    delivering.delete_old()
    assert not WebhookEndpoint.objects.exists()
