"""Mail: a row in the transaction of whoever writes it, sent by a worker's own look. Redis has no part in it."""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from post_office.mail import get_queued
from post_office.models import PRIORITY, STATUS, Email
from post_office.settings import get_backend, get_max_retries

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
FIRST_WAIT = timedelta(minutes=1)  # after a failure; each further wait is twice as long
SENT_KEPT = timedelta(days=1)  # a sent mail may hold a link that is still good
FAILED_KEPT = timedelta(days=30)

_stopping = Event()


class Outbox(BaseEmailBackend):
    """Where Django leaves its mail: a table, so that a mail exists if and only if what it tells was committed."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages down; give how many. Raises ValueError for one with attachments.

        As they are: post_office's own backend would render their words as a template, names of people included.
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
    """Send the next mail that is due; False if there is none.

    Its row stays locked while it is under way, so of two workers one sends it and the other passes it over. A worker
    that dies between the sending and the commit leaves it to be sent again: better twice than never.
    """
    with transaction.atomic():
        email = get_queued().select_for_update(skip_locked=True).first()
        if email is None:
            return False
        try:
            # A connection of its own: one that is kept would stay broken after a failure.
            email.dispatch(commit=False, connection=get_connection(get_backend()))
        except Exception as error:  # heard of in the log and in the office, and the mail is tried again
            _put_off(email, error)
        else:
            _mark(email, status=STATUS.sent)
    return True


def _mark(email: Email, **fields: Any) -> None:
    Email.objects.filter(pk=email.pk).update(last_updated=Now(), **fields)


def _put_off(email: Email, error: Exception) -> None:
    """Note why it failed, and when to try again, if at all."""
    tries = (email.number_of_retries or 0) + 1
    logger.warning("mail %s not sent, try %s: %s", email.pk, tries, error)
    email.logs.create(status=STATUS.failed, message=str(error), exception_type=type(error).__name__)
    if tries > get_max_retries():
        _mark(email, status=STATUS.failed, number_of_retries=tries)
    else:
        wait = FIRST_WAIT * 2 ** (tries - 1)
        _mark(email, status=STATUS.requeued, number_of_retries=tries, scheduled_time=Now() + wait)


def forget_old() -> int:
    """Delete mail that was sent or given up long ago, by Postgres' clock; give how many rows went, logs included."""
    sent = Email.objects.filter(status=STATUS.sent, last_updated__lt=Now() - SENT_KEPT)
    failed = Email.objects.filter(status=STATUS.failed, last_updated__lt=Now() - FAILED_KEPT)
    return sent.delete()[0] + failed.delete()[0]


def start() -> Thread:
    """Begin to look for mail, in a daemon thread of this worker that ends with `stop`."""
    _stopping.clear()
    thread = Thread(target=_watch, name="outbox", daemon=True)
    thread.start()
    return thread


def stop() -> None:
    """Take no further mail; the one under way is finished."""
    _stopping.set()


def _watch() -> None:
    """Look about every LOOK_EVERY_S, not all workers at once. A slow mail server delays mail, never a drawing."""
    while not _stopping.wait(LOOK_EVERY_S * random.uniform(0.7, 1.3)):  # noqa: S311 (jitter)
        try:
            while not _stopping.is_set() and send_one():
                pass
            forget_old()
        except DatabaseError as error:  # Postgres is away: the rows wait; asked again with a new line
            logger.warning("cannot look at the outbox: %s", str(error).strip().splitlines()[0])
            connection.close()
        except Exception:  # the watch must outlive any one mail; the transaction gave it back
            logger.exception("sending mail failed")
    connection.close()
