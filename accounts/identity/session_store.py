"""Sessions in Postgres that end by themselves: some time after their last use, and at a fixed time after the log-in.

Both ends are the row's `expire_date`, so nothing else has to ask: Django finds no session that has ended. Who is
not logged in has the expiry that Django gives.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User

BEGAN_AT = "began_at"  # of the log-in, in seconds since 1970
IS_STAFF = "is_staff"


class SessionStore(db.SessionStore):
    """Django's store, which saves a session of a user with the end that its log-in has."""

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row to save. The moment of the log-in is added to a session that does not have it."""
        if SESSION_KEY in data:
            data.setdefault(BEGAN_AT, int(time.time()))
        row = super().create_model_instance(data)
        if SESSION_KEY in data:
            row.expire_date = min(row.expire_date, _end_of(data))
        return row


def begin(session: SessionBase, user: User) -> None:
    """Let the session of a log-in last from now on."""
    session[BEGAN_AT], session[IS_STAFF] = int(time.time()), user.is_staff


def prolong(session: SessionBase, user: User) -> None:
    """Let the session last on, as its user was here. One query, or the session is saved with the answer."""
    if BEGAN_AT not in session or session.get(IS_STAFF) != user.is_staff:  # of older code, or the role has changed
        session.setdefault(BEGAN_AT, int(time.time()))
        session[IS_STAFF] = user.is_staff
        return
    rows = Session.objects.filter(session_key=session.session_key, expire_date__gt=timezone.now())
    rows.update(expire_date=_end_of(session))


def _end_of(data: Any) -> datetime:
    if data.get(IS_STAFF):
        lasts = timedelta(hours=settings.STAFF_SESSION_HOURS)
        idle = timedelta(minutes=settings.STAFF_SESSION_IDLE_MINUTES)
    else:
        lasts, idle = timedelta(days=settings.SESSION_DAYS), timedelta(hours=settings.SESSION_IDLE_HOURS)
    began = datetime.fromtimestamp(data[BEGAN_AT], tz=timezone.get_default_timezone())
    return min(timezone.now() + idle, began + lasts)
