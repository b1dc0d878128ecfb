"""Mail: a row that commits with what it tells, sent by one worker, tried again, forgotten in time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts import outbox

sent: list[str] = []
_may_go = threading.Event()


class Collects(BaseEmailBackend):
    """Notes the subjects of what is sent."""

    def send_messages(self, email_messages):
        sent.extend(message.subject for message in email_messages)
        return len(email_messages)


class Waits(Collects):
    """The same, but only once it may go."""

    def send_messages(self, email_messages):
        assert _may_go.wait(10)
        return super().send_messages(email_messages)


class Refuses(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("the mail server is down")


@pytest.fixture(autouse=True)
def way_out(settings):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"
    sent.clear()
    _may_go.clear()

    def use(backend):
        settings.POST_OFFICE = settings.POST_OFFICE | {"BACKENDS": {"default": f"{__name__}.{backend}"}}

    use("Collects")
    return use


def _write(subject="hello", body="words", to="alice@example.org"):
    EmailMessage(subject, body, "inkling@example.org", [to]).send()


@pytest.mark.django_db
def test_written_mail_is_sent_once_in_its_order():
    for subject in ("first", "second"):
        _write(subject)
    assert sent == []
    assert [outbox.send_one() for _ in range(3)] == [True, True, False]
    assert sent == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_mail_of_a_transaction_that_failed_never_was():
    with pytest.raises(RuntimeError), transaction.atomic():
        _write()
        raise RuntimeError
    assert not outbox.send_one()
    assert sent == []


@pytest.mark.django_db
def test_a_mails_words_are_no_template():
    _write("{{ subject }}", "{% nonsense %} {{ 1|add:1 }}")
    email = Email.objects.get()
    assert (email.subject, email.message) == ("{{ subject }}", "{% nonsense %} {{ 1|add:1 }}")
    assert outbox.send_one()
    assert sent == ["{{ subject }}"]


@pytest.mark.django_db
def test_html_goes_along_and_attachments_are_refused_aloud():
    message = EmailMultiAlternatives("hello", "words", "i@example.org", ["a@example.org"])
    message.attach_alternative("<p>words</p>", "text/html")
    message.send()
    assert Email.objects.get().html_message == "<p>words</p>"
    message.attach("drawing.png", b"", "image/png")
    with pytest.raises(ValueError, match="no attachments"):
        message.send()


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_sends_a_mail_and_the_other_passes_it_over(way_out):
    way_out("Waits")
    _write()

    def send():
        try:
            return outbox.send_one()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(send), pool.submit(send)
        done = next(iter({first, second} - {_slower(first, second)}))
        assert done.result() is False
        _may_go.set()
        assert {first.result(10), second.result(10)} == {True, False}
    assert sent == ["hello"]


def _slower(first, second):
    """Wait for the one that found the row taken; give the other."""
    while not (first.done() or second.done()):
        pass
    return second if first.done() else first


@pytest.mark.django_db
def test_a_refused_mail_waits_twice_as_long_each_time_and_is_given_up_at_last(way_out, settings):
    way_out("Refuses")
    _write()
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


@pytest.mark.django_db
def test_a_refused_mail_holds_up_no_other(way_out):
    way_out("Refuses")
    _write("refused")
    assert outbox.send_one()
    way_out("Collects")
    _write("taken")
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
def test_mail_is_forgotten_a_day_after_it_was_sent_or_a_month_after_it_was_given_up(status, age, is_kept):
    _write()
    Email.objects.update(status=status, last_updated=timezone.now() - age)
    outbox.forget_old()
    assert Email.objects.exists() is is_kept
