"""The audit log.

Not django-auditlog or django-easy-audit: they log changes of models from signals, and we log actions, a few of which
change no row. The table is append-only by a trigger, which neither offers.
"""

from typing import Any

from accounts.models import AuditEvent, User


def record(actor: User | None, action: str, target: str = "", **details: Any) -> None:
    """Add an entry to the audit log in the caller's transaction. `actor` None means the system itself."""
    AuditEvent.objects.create(
        actor=actor, actor_name=actor.get_username() if actor else "", action=action, target=target, details=details
    )
