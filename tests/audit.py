"""What people read in the audit log: events with the names of whom they are about."""

from typing import Any

from accounts.audit.names import NamedEvent, name_events
from accounts.models import AuditEvent


def named_events(**condition: Any) -> list[NamedEvent]:
    """Return the events of a condition with their names, the oldest first."""
    return name_events(list(AuditEvent.objects.filter(**condition).order_by("pk")))


def newest_event(**condition: Any) -> NamedEvent:
    """Return the newest event of a condition with its names."""
    return named_events(**condition)[-1]
