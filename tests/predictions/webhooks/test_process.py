"""The delivery worker sends webhooks beside mail, and outlives what goes wrong with one."""

import time

import pytest

from accounts.delivery import DeliveryWorker
from predictions.models import WebhookDelivery
from predictions.webhooks import delivering
from predictions.webhooks.endpoints import add_endpoint, try_endpoint
from tests.factories import make_user
from tests.predictions.webhooks.receiver import open_receiver


@pytest.mark.django_db(transaction=True)
def test_the_delivery_worker_sends_webhooks_in_a_thread_of_their_own(settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    monkeypatch.setattr("accounts.delivery.POLL_EVERY_S", 0.05)
    send_one, failures = delivering.send_one, [RuntimeError("one that nobody expected")]

    def fail_once():
        if failures:
            raise failures.pop()
        return send_one()

    monkeypatch.setattr(delivering, "send_one", fail_once)
    worker = DeliveryWorker(settings.DELIVERED_BESIDES_MAIL)
    with open_receiver() as receiver:
        row = try_endpoint(add_endpoint(make_user(), receiver.url, ["sheet.read"]))
        [thread] = worker._others
        thread.start()
        for _ in range(300):
            if WebhookDelivery.objects.filter(pk=row.pk, status="succeeded").exists():
                break
            time.sleep(0.05)
        worker._stopping.set()
        thread.join(20)
    assert not thread.is_alive() and failures == []
    assert [path for path, _, _ in receiver.received] == ["/"]
