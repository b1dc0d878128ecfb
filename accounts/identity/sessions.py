"""Sessions: where an account is logged in, and how its owner ends them.

The table is django-allauth's, but not its tracking, which costs two writes for every page, nor its list, which costs
two queries for each session of an account, at every log-in too. A row counts as long as its session would be believed.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from accounts import audit
from accounts.audit.origin import device_name, find_origin
from accounts.guests import sessions as guest_sessions
from accounts.identity import session_store
from accounts.keys.hashes import all_keys, keyed_hash
from accounts.models import User

logger = logging.getLogger(__name__)

SEEN_RESOLUTION_S = 300.0  # a process writes `last_seen_at` of a session at most this often
KEPT_SESSIONS = 10_000  # of those that a process remembers to have written
MOST_LISTED = 100
CHUNK = 2_000  # sessions that are read at once
NUMBERED = (SESSION_KEY, "user_pk")  # what holds the number of a user: a log-in, and one that was begun
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # the column cannot be empty; shown as unknown
GetResponse = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class KnownSession:
    """A session of the list. `id` names it in a form, and tells neither its key nor how many the site has."""

    id: str
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


class _Written:
    """When this process last wrote each session, by its key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[str, float] = {}

    def is_due(self, key: str) -> bool:
        """Return whether to write the session now, and remember that it was written."""
        now = time.monotonic()
        with self._lock:
            if now - self._at.get(key, -SEEN_RESOLUTION_S) < SEEN_RESOLUTION_S:
                return False
            if len(self._at) >= KEPT_SESSIONS:
                self._at.clear()
            self._at[key] = now
            return True


_written = _Written()


def track_sessions(get_response: GetResponse) -> GetResponse:
    """Write when, from where and in what a logged-in user was last seen, after each request that looked at the user."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_known = not isinstance(request.user, SimpleLazyObject) or hasattr(request, "_cached_user")
        if is_known:  # by a log-in or a view; else it is not looked up
            track_session(request)
        return response

    return answer


def track_session(request: HttpRequest) -> None:
    """Write that the user of this request is seen now, if it is due, and let the session last on. Two queries."""
    key = request.session.session_key
    if isinstance(request.user, User) and key and _written.is_due(key):
        _write(request, request.user, key)
        session_store.prolong(request.session, request.user)


def renew_key(request: HttpRequest) -> None:
    """Give the session of this request another key, so that one that was seen before is worth nothing."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def _write(request: HttpRequest, user: User, key: str) -> None:
    row = UserSession(
        session_key=key,
        user=user,
        ip=find_origin().address or UNKNOWN_ADDRESS,
        user_agent=request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length],
        last_seen_at=timezone.now(),
    )
    updated = ["user", "ip", "user_agent", "last_seen_at"]
    try:
        UserSession.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["session_key"], update_fields=updated
        )
    except DatabaseError as error:  # the answer is worth more; the next request tries again
        logger.warning("a session was not tracked: %s", type(error).__name__)


def list_sessions(user: User, current_key: str | None) -> list[KnownSession]:
    """Return where the user is logged in, this session first, then the newest. Two queries."""
    rows = _valid_rows(user)
    found = [
        KnownSession(
            id=_id_of(row.session_key),
            device=device_name(row.user_agent),
            address="" if row.ip == UNKNOWN_ADDRESS else row.ip,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current_key,
        )
        for row in rows
    ]
    return sorted(found, key=lambda session: (not session.is_current, -session.last_seen_at.timestamp()))


def end_session(user: User, id_: str, but: str | None) -> bool:
    """End one session of the user and record it; return False if none with this id exists, or if its key is `but`."""
    for row in _valid_rows(user):
        if row.session_key != but and _is_id_of(id_, row.session_key):
            with transaction.atomic():
                Session.objects.filter(session_key=row.session_key).delete()
                row.delete()
                audit.record(user, "session.ended", audit.Personal(device_name(row.user_agent)))
            return True
    return False


def delete_of(number: int, texts: frozenset[str], *, is_thorough: bool) -> list[str]:
    """Delete all sessions of an account, and those that name its person; return the keys of guests that they held.

    Sessions do not tell whose they are, so those that were not tracked are found by reading all: only if `is_thorough`.

    texts: the name and the addresses of the person, in lower case.
    """
    tracked = UserSession.objects.filter(user=number).values("session_key")
    found = _delete_matching(Session.objects.filter(session_key__in=tracked), number, texts)
    UserSession.objects.filter(user=number).delete()
    if is_thorough:
        found += _delete_matching(Session.objects.all(), number, texts)
    return found


def _delete_matching(rows: QuerySet[Session], number: int, texts: frozenset[str]) -> list[str]:
    after, guests = "", []
    while chunk := list(rows.filter(session_key__gt=after).order_by("session_key")[:CHUNK]):
        after = chunk[-1].session_key
        decoded = {row.session_key: row.get_decoded() for row in chunk}
        theirs = {key: data for key, data in decoded.items() if _is_of(data, number, texts)}
        guests += [key for data in theirs.values() if (key := str(data.get(guest_sessions.SESSION_KEY, "")))]
        Session.objects.filter(session_key__in=theirs).delete()
    return guests


def _is_of(data: Any, number: int, texts: frozenset[str], name: str = "") -> bool:
    """Return whether something in a session is a person's: their number as its user, or one of their texts."""
    if isinstance(data, dict):
        return any(_is_of(value, number, texts, str(key)) for key, value in data.items())
    if isinstance(data, list):
        return any(_is_of(value, number, texts) for value in data)
    if name in NUMBERED:
        return str(data) == str(number)
    return isinstance(data, str) and data.lower() in texts


def delete_expired(most: int = CHUNK) -> int:
    """Delete up to `most` expired sessions by Postgres' clock, and of those tracked that are gone; return how many."""
    expired = Session.objects.filter(expire_date__lt=Now()).values("session_key")[:most]
    is_there = Session.objects.filter(session_key=OuterRef("session_key"))
    gone = UserSession.objects.filter(~Exists(is_there)).values("pk")[:most]
    count = Session.objects.filter(session_key__in=list(expired.values_list("pk", flat=True))).delete()[0]
    return max(count, UserSession.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).delete()[0])


def _valid_rows(user: User) -> list[UserSession]:
    """Return the user's tracked sessions that exist, have not expired and would be believed; at most MOST_LISTED."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at")[:MOST_LISTED])
    sessions = Session.objects.filter(expire_date__gt=Now()).in_bulk([row.session_key for row in rows])
    believed = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    return [
        row
        for row in rows
        if row.session_key in sessions and sessions[row.session_key].get_decoded().get(HASH_SESSION_KEY) in believed
    ]


def _is_id_of(id_: str, session_key: str) -> bool:
    """Return whether this is the id of the session, made with SECRET_KEY or a former key."""
    return any(constant_time_compare(_id_of(session_key, key), id_) for key in all_keys())


def _id_of(session_key: str, key: str | None = None) -> str:
    return keyed_hash("accounts.sessions.id", session_key, key).hex()[:32]
