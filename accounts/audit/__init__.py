"""The audit log: who did what, when and from where.

Not django-auditlog or django-easy-audit: they log changes of models from signals, and we log actions, a few of which
change no row. The table is append-only by a trigger, which neither offers.
"""

from typing import Any

from accounts.audit.origin import find_origin
from accounts.models import AuditEvent, User


def record(actor: User | None, action: str, target: str = "", *, about: User | None = None, **details: Any) -> None:
    """Add an entry to the audit log in the caller's transaction, with where the request at hand came from.

    Args:
        actor: who acts; None means the system itself, or somebody who is not logged in.
        action: a key of `accounts.audit.actions.ACTIONS`.
        target: what was acted on.
        about: whose account it concerns, if not the actor's: they see it among their own activity.
        details: more, serializable as JSON. People see neither these nor who acted among their own activity.
    """
    origin = find_origin()
    AuditEvent.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        action=action,
        target=target,
        about=None if about == actor else about,
        address=origin.address,
        device=origin.device,
        details=details,
    )
