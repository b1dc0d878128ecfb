"""What happened to one's own account: the events that people see and export themselves.

Who else acted is never told, nor from where: an administrator is only called that, and reviews by others are not
listed at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.audit.actions import in_words
from accounts.audit.names import NamedEvent, name_events, number_of
from accounts.models import AuditEvent, User

CHUNK = 500
NAMED = ("token.created", "token.revoked")  # their target is how the token begins; its name says more


@dataclass(frozen=True)
class Activity:
    """An event as its person sees it. by: who else acted, in general; "" for the person or nobody in particular."""

    key: int
    at: datetime
    action: str
    target: str
    by: str
    address: str
    device: str

    @property
    def what(self) -> str:
        return in_words(self.action)


def list_activity(user: User, before: int | None = None, most: int = CHUNK) -> list[Activity]:
    """Return the newest `most` events that `user` caused or that concern their account. Four queries by indexes.

    before: only events older than the one with this key.
    """
    rows = AuditEvent.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = [*rows.filter(actor=user)[:most], *rows.filter(about=user)[:most]]
    newest = sorted(found, key=lambda event: event.pk, reverse=True)[:most]
    return [_as_seen_by(user, named) for named in name_events(newest)]


def all_activity(user: User) -> Iterator[Activity]:
    """Yield all of it, newest first. Four queries for CHUNK events."""
    before = None
    while found := list_activity(user, before):
        yield from found
        before = found[-1].key


def _as_seen_by(user: User, named: NamedEvent) -> Activity:
    event = named.event
    is_others = event.actor_id not in (None, user.pk)
    name = named.details.get("name") if event.action in NAMED else None
    is_own = event.target == number_of(user) or named.target == user.get_username()
    target = "" if is_own else named.target
    return Activity(
        key=event.pk,
        at=event.at,
        action=event.action,
        target=str(name or target),
        by=_("by an administrator") if is_others else "",
        address="" if is_others else named.address,
        device="" if is_others else event.device,
    )
