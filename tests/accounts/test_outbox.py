"""Mail is queued in the transaction it reports, sent in order, retried after failures and deleted in time."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts import outbox
from tests.accounts import mail_servers
from tests.accounts.mail_servers import queue_mail, sent

use_backend = mail_servers.use_backend


@pytest.mark.django_db(transaction=True)
def test_queued_mail_is_sent_once_and_in_order():
    for subject in ("first", "second"):
        queue_mail(subject)
    assert sent == []
    assert [outbox.send_one() for _ in range(3)] == [True, True, False]
    assert sent == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_mail_is_rolled_back_with_its_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        queue_mail()
        raise RuntimeError
    assert not outbox.send_one()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_the_text_of_a_mail_is_not_rendered_as_a_template():
    queue_mail("{{ subject }}", "{% nonsense %} {{ 1|add:1 }}")
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
def test_the_wait_doubles_after_each_failure_until_the_mail_is_given_up(use_backend, settings):
    use_backend("RefusingBackend")
    queue_mail()
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
    queue_mail("refused")
    assert outbox.send_one()
    use_backend("CollectingBackend")
    queue_mail("taken")
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
    queue_mail()
    Email.objects.update(status=status, last_updated=timezone.now() - age)
    outbox.delete_old()
    assert Email.objects.exists() is is_kept
