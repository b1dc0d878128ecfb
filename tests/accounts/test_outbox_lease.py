"""The lease of a mail: one worker sends it, whatever happens to the mail server or to other workers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from post_office.mail import get_queued
from post_office.models import STATUS, Email

from accounts import outbox
from tests.accounts import mail_servers
from tests.accounts.mail_servers import may_send, queue_mail, send_one_and_close, sent, slow_smtp_server

use_backend = mail_servers.use_backend


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_only_one_sends_a_mail(use_backend):
    use_backend("WaitingBackend")
    queue_mail()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(send_one_and_close), pool.submit(send_one_and_close)
        done = next(iter({first, second} - {_sender(first, second)}))
        assert done.result() is False
        may_send.set()
        assert {first.result(10), second.result(10)} == {True, False}
    assert sent == ["hello"]


def _sender(first, second):
    """Wait for the thread that found the row leased; return the other."""
    while not (first.done() or second.done()):
        pass
    return second if first.done() else first


@pytest.mark.django_db(transaction=True)
def test_a_slow_mail_server_gets_each_mail_once(use_backend, settings):
    use_backend("django.core.mail.backends.smtp.EmailBackend")
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    queue_mail("slow")
    with slow_smtp_server(reply_after_s=1.0) as server, connection.cursor() as cursor:
        settings.EMAIL_PORT = server.port
        cursor.execute("SET idle_in_transaction_session_timeout = '300ms'")
        assert outbox.send_one()
        assert not outbox.send_one()
        assert len(server.received) == 1
        cursor.execute("RESET idle_in_transaction_session_timeout")
    assert "Subject: slow" in server.received[0]
    assert Email.objects.get().status == STATUS.sent


@pytest.mark.django_db(transaction=True)
def test_a_leased_mail_is_invisible_to_workers_of_the_release_before(use_backend):
    use_backend("WaitingBackend")
    queue_mail()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send_one_and_close)
        while not Email.objects.filter(scheduled_time__gt=Now()).exists():
            pass
        with transaction.atomic():
            assert get_queued().select_for_update(skip_locked=True).first() is None
        may_send.set()
        assert sending.result(10)
    assert sent == ["hello"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_a_worker_of_the_release_before_sends_is_passed_over():
    queue_mail()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert get_queued().select_for_update(skip_locked=True).first()
        assert pool.submit(send_one_and_close).result(10) is False
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_the_mail_of_a_worker_that_died_is_sent_once_its_lease_has_run_out():
    queue_mail()
    assert outbox._claim()
    assert not outbox.send_one()
    Email.objects.update(scheduled_time=Now() - timedelta(seconds=1))
    assert outbox.send_one()
    assert (sent, Email.objects.get().number_of_retries) == (["hello"], 1)


@pytest.mark.django_db(transaction=True)
def test_a_mail_whose_workers_all_died_is_given_up(settings):
    queue_mail()
    Email.objects.update(number_of_retries=settings.POST_OFFICE["MAX_RETRIES"] + 1)
    assert outbox.send_one()
    assert sent == []
    assert Email.objects.get().status == STATUS.failed


@pytest.mark.django_db(transaction=True)
def test_a_failure_that_comes_too_late_does_not_undo_another_workers_success(use_backend):
    use_backend("LateBackend")
    queue_mail()
    assert outbox.send_one()
    assert Email.objects.get().status == STATUS.sent
