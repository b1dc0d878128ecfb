"""Outgoing mail: a row written in the caller's transaction and sent by a delivery worker. Redis is not involved."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import close_old_connections, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from post_office.models import PRIORITY, STATUS, Email
from post_office.settings import get_backend, get_max_retries

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # above what a slow server needs: about 13 replies, each within EMAIL_TIMEOUT
FIRST_RETRY_AFTER = timedelta(minutes=1)  # doubles with each further failure
DUE_WITHIN_S = 300.0  # a delivery worker takes a mail within seconds, unless many are before it
KEEP_SENT = timedelta(days=1)  # a sent mail may hold a link that is still valid
KEEP_FAILED = timedelta(days=30)


class Outbox(BaseEmailBackend):
    """Email backend that writes to a table, so that mail exists if and only if the change it reports was committed."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages and return how many. Raises ValueError for one with attachments.

        Not post_office's own backend, which would render the text, user names included, as a template.
        """
        return len(Email.objects.bulk_create([_row(message) for message in email_messages]))


def _row(message: EmailMessage) -> Email:
    if message.attachments:
        raise ValueError("The outbox takes no attachments.")
    html = [text for text, kind in getattr(message, "alternatives", []) if kind == "text/html"]
    return Email(
        from_email=message.from_email,
        to=message.to,
        cc=message.cc,
        bcc=message.bcc,
        subject=message.subject,
        message=message.body,
        html_message="".join(html[:1]),
        headers=message.extra_headers or None,
        priority=PRIORITY.medium,
        status=STATUS.queued,
    )


def send_one() -> bool:
    """Send the next mail that is due; return False if there is none.

    The row is leased and the try counted in a short transaction before sending, and the result is written after it:
    no transaction is open while the mail server is slow. If a worker dies in between, the mail is sent again once its
    lease has run out: better twice than never.
    """
    email = _claim()
    if email is None:
        return False
    tries = email.number_of_retries or 0
    try:
        if tries > get_max_retries() + 1:
            raise RuntimeError("Every worker that tried to send this mail died.")
        # A new connection each time: one that is kept would stay broken after a failure.
        email.dispatch(commit=False, connection=get_connection(get_backend()))
    except Exception as error:  # goes to the log and to the admin's list of mail, and the mail is tried again
        close_old_connections()
        _record_failure(email, tries, error)
    else:
        close_old_connections()  # Postgres may have ended the connection while the mail server was slow
        _update(Email.objects.filter(pk=email.pk), status=STATUS.sent, number_of_retries=tries - 1)
    return True


def _claim() -> Email | None:
    """Lease the next mail that is due, by Postgres' clock, and count the try.

    The lease is a `scheduled_time` in the future. Older releases keep the row locked while they send and respect
    `scheduled_time`, so workers of both kinds may run side by side.
    """
    due = Q(scheduled_time=None) | Q(scheduled_time__lte=Now())
    waiting = Email.objects.filter(due, status__in=(STATUS.queued, STATUS.requeued)).order_by("-priority", "pk")
    with transaction.atomic():
        email = waiting.select_for_update(skip_locked=True).first()
        if email is None:
            return None
        tries = (email.number_of_retries or 0) + 1
        _update(Email.objects.filter(pk=email.pk), number_of_retries=tries, scheduled_time=Now() + LEASE)
        email.refresh_from_db(fields=["number_of_retries", "scheduled_time"])
    return email


def _update(emails: QuerySet[Email], **fields: Any) -> None:
    emails.update(last_updated=Now(), **fields)


def _record_failure(email: Email, tries: int, error: Exception) -> None:
    """Log the error, then schedule the next try or give up after the last one. Changes no mail leased again since."""
    logger.warning("mail %s not sent, try %s: %s", email.pk, tries, error)
    email.logs.create(status=STATUS.failed, message=str(error), exception_type=type(error).__name__)
    leased = Email.objects.filter(pk=email.pk, scheduled_time=email.scheduled_time).exclude(status=STATUS.sent)
    if tries > get_max_retries():
        _update(leased, status=STATUS.failed)
    else:
        _update(leased, status=STATUS.requeued, scheduled_time=Now() + FIRST_RETRY_AFTER * 2 ** (tries - 1))


def delete_old() -> int:
    """Delete mail that was sent or given up long ago, by Postgres' clock; return how many rows, logs included."""
    sent = Email.objects.filter(status=STATUS.sent, last_updated__lt=Now() - KEEP_SENT)
    failed = Email.objects.filter(status=STATUS.failed, last_updated__lt=Now() - KEEP_FAILED)
    return sent.delete()[0] + failed.delete()[0]


def measure_waiting() -> tuple[int, float]:
    """Return how many mails are still to be sent, and for how many seconds the first of them has been due. One query.

    A mail that is being sent, or that waits for its next try, is not due.
    """
    waiting = Email.objects.filter(status__in=(STATUS.queued, STATUS.requeued))
    found = waiting.aggregate(count=Count("pk"), due=Now() - Min(Coalesce("scheduled_time", "created")))
    return found["count"], max(0.0, found["due"].total_seconds()) if found["due"] else 0.0
