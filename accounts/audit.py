"""One function that writes the audit log."""

from typing import Any

from accounts.models import AuditEvent, User


def record(actor: User | None, action: str, target: str = "", **details: Any) -> None:
    """Add one line to the audit log, inside the caller's transaction. `actor` None: the system itself."""
    AuditEvent.objects.create(
        actor=actor, actor_name=actor.get_username() if actor else "", action=action, target=target, details=details
    )
