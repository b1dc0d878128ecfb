"""Delete an account and all that is its person's: the account closes at once, and the rest follows in small steps.

`begin` stores a row that only the last step deletes, so whatever dies in between, beat's sweep finishes. Every step can
be done twice. What other apps store is erased by the module that settings.ACCOUNT_CONTENT names.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import audit
from accounts.audit import old_events
from accounts.deletion import mails, mentions
from accounts.identity import access, sessions
from accounts.models import AccountDeletion, ApiToken, AuditText, User
from accounts.roles import leaves_no_superuser

logger = logging.getLogger(__name__)

IN_REQUEST_S = 5.0
IN_SWEEP_S = 20.0
LEASE = timedelta(seconds=60)  # well above what one step takes
ALIASES = 2**62


class LastSuperuser(Exception):
    """Without this account nobody could administer the site."""


def delete(*users: User, by: User) -> None:
    """Close accounts now and for good, and delete what can be deleted within IN_REQUEST_S; the sweep does the rest.

    Raises:
        LastSuperuser: that one and those after it stay.
    """
    until = time.monotonic() + IN_REQUEST_S
    for user in users:
        begin(user, by)
    for user in users:
        if time.monotonic() < until:
            _try(user.pk, until, is_thorough=False)


def _try(number: int, until: float, *, is_thorough: bool) -> None:
    try:
        _proceed(number, until, is_thorough=is_thorough)
    except DatabaseError:  # goes to the log, and the next sweep tries again
        logger.exception("the deletion of account %s goes on later", number)


def begin(user: User, by: User) -> None:
    """Close the account: nobody can use it any more, and its deletion is stored. Raises LastSuperuser."""
    with transaction.atomic():
        if user.is_superuser:  # of two who delete themselves at once, one must stay
            list(User.objects.select_for_update(no_key=True).filter(is_superuser=True).order_by("pk"))
        if leaves_no_superuser([user]):
            raise LastSuperuser
        alias = -1 - secrets.randbelow(ALIASES)
        row, is_new = AccountDeletion.objects.get_or_create(number=user.pk, defaults={"alias": alias})
        User.objects.filter(pk=user.pk).update(is_active=False)
        access.end_sessions(user)
        ApiToken.objects.filter(user=user).delete()
        if is_new:
            audit.record(by, "user.deleted", user, about=user)
            row.mail = mails.send_farewell(user)
            row.save(update_fields=["mail"])


def finish_all() -> int:
    """Go on with every deletion that is not finished and that nobody works on; return how many. One query for none."""
    until = time.monotonic() + IN_SWEEP_S
    numbers = list(_free().order_by("begun_at").values_list("number", flat=True))
    for number in numbers:
        _try(number, until, is_thorough=True)
    return len(numbers)


def _free() -> Any:
    return AccountDeletion.objects.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))


def _proceed(number: int, until: float, *, is_thorough: bool) -> None:
    """Do one step after the other until all is done, or `until`, by time.monotonic().

    is_thorough: also do what reads the tables of others from end to end, which takes as long as these are.
    """
    if not _free().filter(number=number).update(lease_until=Now() + LEASE):
        return
    row = AccountDeletion.objects.get(number=number)
    try:
        for step in _steps(row, is_thorough=is_thorough):
            while step():
                if time.monotonic() > until:
                    return
                AccountDeletion.objects.filter(number=number).update(lease_until=Now() + LEASE)
            if time.monotonic() > until:
                return
    finally:
        AccountDeletion.objects.filter(number=number).update(lease_until=None)


def _steps(row: AccountDeletion, *, is_thorough: bool) -> Iterator[Callable[[], bool]]:
    """Yield the steps; each returns whether it must be called again."""
    content = import_module(settings.ACCOUNT_CONTENT)
    if row.emptied_at is None:
        person = mentions.find_person(row.number)
        yield lambda: content.erase_batch(row.number, row.alias)
        yield lambda: _erase_sessions(person, content, is_thorough=is_thorough)
        if is_thorough:
            yield lambda: bool(old_events.move_names())
        elif old_events.are_left():
            return
        yield lambda: _erase_words(row, person, content)
        yield lambda: _erase_account(row)
    yield lambda: _forget_deletion(row)


def _erase_sessions(person: mentions.Person, content: Any, *, is_thorough: bool) -> bool:
    for key in sessions.delete_of(person.number, person.texts, is_thorough=is_thorough):
        content.erase_guest(key)
    return False


def _erase_words(row: AccountDeletion, person: mentions.Person, content: Any) -> bool:
    with transaction.atomic():
        mails.delete_about(person, but=row.mail)
        mentions.delete(person)
        content.erase_mentions(person.texts)
    return False


def _erase_account(row: AccountDeletion) -> bool:
    """Delete the user's row with everything that refers to it, and what the audit log says of the person in words."""
    old_events.forget_origin(row.number)
    with transaction.atomic():
        AuditText.objects.filter(person=row.number).delete()
        for user in User.objects.select_for_update().filter(pk=row.number):
            user.delete()
        AccountDeletion.objects.filter(number=row.number).update(emptied_at=Now())
    row.refresh_from_db()
    return False


def _forget_deletion(row: AccountDeletion) -> bool:
    """Delete this row too once the mail that confirms it has left."""
    if row.emptied_at and mails.forget_farewell(row.mail):
        row.delete()
    return False
