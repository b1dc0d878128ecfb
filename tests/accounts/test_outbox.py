"""Mail is queued in the transaction it reports, sent by one worker, retried after failures and deleted in time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from post_office.mail import get_queued
from post_office.models import STATUS, Email

from accounts import outbox
from tests.accounts.smtp import slow_smtp_server

sent: list[str] = []
_may_send = threading.Event()


class CollectingBackend(BaseEmailBackend):
    """Collect the subjects of what is sent."""

    def send_messages(self, email_messages):
        sent.extend(message.subject for message in email_messages)
        return len(email_messages)


class WaitingBackend(CollectingBackend):
    """Send only once `_may_send` is set."""

    def send_messages(self, email_messages):
        assert _may_send.wait(10)
        return super().send_messages(email_messages)


class RefusingBackend(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("the mail server is down")


class LateBackend(CollectingBackend):
    """A server that accepts the mail, but only after its lease ran out and another worker sent it too."""

    def send_messages(self, email_messages):
        Email.objects.update(status=STATUS.sent, scheduled_time=timezone.now())
        raise TimeoutError("too late")


@pytest.fixture(autouse=True)
def use_backend(settings):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"
    sent.clear()
    _may_send.clear()

    def use(backend):
        settings.POST_OFFICE = settings.POST_OFFICE | {
            "BACKENDS": {"default": backend if "." in backend else f"{__name__}.{backend}"}
        }

    use("CollectingBackend")
    return use


def _queue_mail(subject="hello", body="words", to="alice@example.org"):
    EmailMessage(subject, body, "inkling@example.org", [to]).send()


@pytest.mark.django_db(transaction=True)
def test_queued_mail_is_sent_once_and_in_order():
    for subject in ("first", "second"):
        _queue_mail(subject)
    assert sent == []
    assert [outbox.send_one() for _ in range(3)] == [True, True, False]
    assert sent == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_mail_is_rolled_back_with_its_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        _queue_mail()
        raise RuntimeError
    assert not outbox.send_one()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_the_text_of_a_mail_is_not_rendered_as_a_template():
    _queue_mail("{{ subject }}", "{% nonsense %} {{ 1|add:1 }}")
    email = Email.objects.get()
    assert (email.subject, email.message) == ("{{ subject }}", "{% nonsense %} {{ 1|add:1 }}")
    assert outbox.send_one()
    assert sent == ["{{ subject }}"]


@pytest.mark.django_db
def test_html_is_kept_and_attachments_are_refused():
    message = EmailMultiAlternatives("hello", "words", "i@example.org", ["a@example.org"])
    message.attach_alternative("<p>words</p>", "text/html")
    message.send()
    assert Email.objects.get().html_message == "<p>words</p>"
    message.attach("drawing.png", b"", "image/png")
    with pytest.raises(ValueError, match="no attachments"):
        message.send()


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_only_one_sends_a_mail(use_backend):
    use_backend("WaitingBackend")
    _queue_mail()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(_send_one_and_close), pool.submit(_send_one_and_close)
        done = next(iter({first, second} - {_sender(first, second)}))
        assert done.result() is False
        _may_send.set()
        assert {first.result(10), second.result(10)} == {True, False}
    assert sent == ["hello"]


def _send_one_and_close():
    try:
        return outbox.send_one()
    finally:
        connection.close()


def _sender(first, second):
    """Wait for the thread that found the row leased; return the other."""
    while not (first.done() or second.done()):
        pass
    return second if first.done() else first


@pytest.mark.django_db(transaction=True)
def test_the_wait_doubles_after_each_failure_until_the_mail_is_given_up(use_backend, settings):
    use_backend("RefusingBackend")
    _queue_mail()
    waits = []
    for _ in range(settings.POST_OFFICE["MAX_RETRIES"]):
        before = timezone.now()
        assert outbox.send_one()
        email = Email.objects.get()
        assert email.status == STATUS.requeued
        waits.append(round((email.scheduled_time - before) / timedelta(minutes=1)))
        assert not outbox.send_one()  # not before its time
        Email.objects.update(scheduled_time=timezone.now() - timedelta(seconds=1))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128]
    assert outbox.send_one()
    assert Email.objects.get().status == STATUS.failed
    assert not outbox.send_one()
    assert Email.objects.get().logs.first().message == "the mail server is down"


@pytest.mark.django_db(transaction=True)
def test_a_failed_mail_does_not_delay_the_next(use_backend):
    use_backend("RefusingBackend")
    _queue_mail("refused")
    assert outbox.send_one()
    use_backend("CollectingBackend")
    _queue_mail("taken")
    assert outbox.send_one()
    assert sent == ["taken"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "age", "is_kept"),
    [
        (STATUS.sent, timedelta(hours=23), True),
        (STATUS.sent, timedelta(hours=25), False),
        (STATUS.failed, timedelta(days=29), True),
        (STATUS.failed, timedelta(days=31), False),
        (STATUS.queued, timedelta(days=99), True),
        (STATUS.requeued, timedelta(days=99), True),
    ],
)
def test_mail_is_deleted_a_day_after_sending_or_a_month_after_giving_up(status, age, is_kept):
    _queue_mail()
    Email.objects.update(status=status, last_updated=timezone.now() - age)
    outbox.delete_old()
    assert Email.objects.exists() is is_kept


@pytest.mark.django_db(transaction=True)
def test_a_slow_mail_server_gets_each_mail_once(use_backend, settings):
    use_backend("django.core.mail.backends.smtp.EmailBackend")
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    _queue_mail("slow")
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
    _queue_mail()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(_send_one_and_close)
        while not Email.objects.filter(scheduled_time__gt=Now()).exists():
            pass
        with transaction.atomic():
            assert get_queued().select_for_update(skip_locked=True).first() is None
        _may_send.set()
        assert sending.result(10)
    assert sent == ["hello"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_a_worker_of_the_release_before_sends_is_passed_over():
    _queue_mail()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert get_queued().select_for_update(skip_locked=True).first()
        assert pool.submit(_send_one_and_close).result(10) is False
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_the_mail_of_a_worker_that_died_is_sent_once_its_lease_has_run_out():
    _queue_mail()
    assert outbox._claim()
    assert not outbox.send_one()
    Email.objects.update(scheduled_time=Now() - timedelta(seconds=1))
    assert outbox.send_one()
    assert (sent, Email.objects.get().number_of_retries) == (["hello"], 1)


@pytest.mark.django_db(transaction=True)
def test_a_mail_whose_workers_all_died_is_given_up(settings):
    _queue_mail()
    Email.objects.update(number_of_retries=settings.POST_OFFICE["MAX_RETRIES"] + 1)
    assert outbox.send_one()
    assert sent == []
    assert Email.objects.get().status == STATUS.failed


@pytest.mark.django_db(transaction=True)
def test_a_failure_that_comes_too_late_does_not_undo_another_workers_success(use_backend):
    use_backend("LateBackend")
    _queue_mail()
    assert outbox.send_one()
    assert Email.objects.get().status == STATUS.sent


def test_stopping_waits_for_the_mail_being_sent(monkeypatch):
    finished = threading.Event()
    monkeypatch.setattr(outbox, "_poll", lambda: outbox._stopping.wait(10) and finished.set())
    outbox.start()
    outbox.finish()
    assert finished.is_set()
