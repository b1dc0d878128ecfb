"""Whom events of the audit log are about: numbers in the log, and names only where somebody reads it.

The log can only grow, so it holds no name: a person is the number of their account, whose name is in the table of
users, and what is said of them in words is in `AuditText`. Both are deleted with the account; the number stays.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Lower

from accounts.models import AuditEvent, AuditText, User

NUMBER = re.compile(r"user:(-?\d{1,19})")
MOST_FOUND = 1_000  # people, and texts, whose names begin with what is searched for


class Personal(str):
    """A text of the audit log that belongs to a person: it is stored where it can be deleted with their account."""


@dataclass(frozen=True)
class NamedEvent:
    """An event with its names. target, details: with what the event itself leaves out."""

    event: AuditEvent
    actor: str
    target: str
    details: dict[str, Any]

    @property
    def address(self) -> str:
        """Return the address; of a failed log-in that earlier code recorded, the one in its details."""
        return self.event.address or str(self.details.get("ip", ""))


def number_of(user: User) -> str:
    """Return what stands for a person in a text of the log."""
    return f"user:{user.pk}"


def name_events(events: Sequence[AuditEvent]) -> list[NamedEvent]:
    """Return the events with the names of those whose accounts exist. Two queries, however many events."""
    texts = AuditText.objects.in_bulk([event.pk for event in events])
    numbers = {event.actor_id for event in events if event.actor_id}
    for event in events:
        numbers.update(_numbers_in([event.target, *event.details.values()]))
    names = dict(User.objects.filter(pk__in=numbers).values_list("pk", "username")) if numbers else {}
    return [_name(event, texts.get(event.pk), names) for event in events]


def _name(event: AuditEvent, text: AuditText | None, names: dict[int, str]) -> NamedEvent:
    number = f"user:{event.actor_id}" if event.actor_id else ""
    actor = names.get(event.actor_id or 0, "") or event.actor_name or number
    details = {key: _in_words(value, names) for key, value in event.details.items()}
    target = (text and text.target) or _in_words(event.target, names)
    return NamedEvent(event, actor, target, details | (text.details if text else {}))


def _numbers_in(values: Iterable[Any]) -> Iterable[int]:
    found = (NUMBER.fullmatch(value) for value in values if isinstance(value, str))
    return (int(number[1]) for number in found if number)


def _in_words(value: Any, names: dict[int, str]) -> Any:
    """Return a name for the number of a person; the number if their account is gone, and any other value as it is."""
    number = NUMBER.fullmatch(value) if isinstance(value, str) else None
    return names.get(int(number[1]), value) if number else value


def find_people(prefix: str) -> list[int]:
    """Return the numbers of those whose names begin with `prefix`, at most MOST_FOUND. One query."""
    return list(User.objects.filter(username__istartswith=prefix).values_list("pk", flat=True)[:MOST_FOUND])


def find_texts(prefix: str) -> list[int]:
    """Return the keys of the newest events whose AuditText begins with `prefix`, in lower case. One query."""
    rows = AuditText.objects.alias(lowered=Lower("target")).filter(lowered__startswith=prefix).order_by("-pk")
    return list(rows.values_list("pk", flat=True)[:MOST_FOUND])
