"""Outgoing mail: a row written in the caller's transaction and sent by a worker. Redis is not involved."""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from post_office.models import PRIORITY, STATUS, Email
from post_office.settings import get_backend, get_max_retries

logger = logging.getLogger(__name__)

POLL_EVERY_S = 2.0
LEASE = timedelta(minutes=15)  # above what a slow server needs: about 13 replies, each within EMAIL_TIMEOUT
FIRST_RETRY_AFTER = timedelta(minutes=1)  # doubles with each further failure
KEEP_SENT = timedelta(days=1)  # a sent mail may hold a link that is still valid
KEEP_FAILED = timedelta(days=30)
FINISH_WITHIN_S = 5.0

_stopping = Event()
_thread: Thread | None = None


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


def start() -> None:
    """Start sending mail in a daemon thread of this worker, until `stop`."""
    global _thread
    _stopping.clear()
    _thread = Thread(target=_poll, name="outbox", daemon=True)
    _thread.start()


def stop() -> None:
    """Take no further mail; return at once."""
    _stopping.set()


def finish() -> None:
    """Stop, and wait up to FINISH_WITHIN_S for the mail being sent."""
    stop()
    if _thread:
        _thread.join(FINISH_WITHIN_S)


def _poll() -> None:
    """Look for mail about every POLL_EVERY_S, with jitter. Its own thread: a slow mail server delays no drawing."""
    while not _stopping.wait(POLL_EVERY_S * random.uniform(0.7, 1.3)):  # noqa: S311 (jitter)
        try:
            while not _stopping.is_set() and send_one():
                pass
            delete_old()
        except DatabaseError as error:  # the rows wait until Postgres is back
            logger.warning("cannot query the outbox: %s", str(error).strip().splitlines()[0])
            connection.close()
        except Exception:  # logged; the thread must outlive any one mail
            logger.exception("sending mail failed")
    connection.close()
