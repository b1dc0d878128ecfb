"""The audit log: who did what, when and from where.

Not django-auditlog or django-easy-audit: they log changes of models from signals, and we log actions, a few of which
change no row. The table is append-only by a trigger, which neither offers.
"""

from typing import Any

from accounts.audit.names import Personal as Personal  # part of what this package offers
from accounts.audit.names import number_of
from accounts.audit.origin import find_origin
from accounts.models import AuditEvent, AuditText, User

TARGET_CHARS: int = AuditEvent._meta.get_field("target").max_length or 0


def record(
    actor: User | None, action: str, target: User | str = "", *, about: User | None = None, **details: Any
) -> None:
    """Add an entry to the audit log in the caller's transaction, with where the request at hand came from.

    Name nobody: pass a User, of whom the number is kept, and wrap other texts that belong to a person in `Personal`,
    such as an address or what they have typed. These are deleted with their account, and the entry is not.

    Args:
        actor: who acts; None means the system itself, or somebody who is not logged in.
        action: a key of `accounts.audit.actions.ACTIONS`.
        target: what was acted on; of a longer text, such as an address, the first TARGET_CHARS.
        about: whose account it concerns, if not the actor's: they see it among their own activity.
        details: more, serializable as JSON. People see neither these nor who acted among their own activity.
    """
    origin = find_origin()
    about = None if about == actor else about
    event = AuditEvent.objects.create(
        actor=actor,
        action=action,
        target="" if isinstance(target, Personal) else _as_number(target)[:TARGET_CHARS],
        about=about,
        address=origin.address,
        device=origin.device,
        details={key: _as_number(value) for key, value in details.items() if not isinstance(value, Personal)},
        is_pseudonymous=True,
    )
    personal = {key: value for key, value in details.items() if isinstance(value, Personal)}
    if personal or isinstance(target, Personal):
        person = about or actor
        text = target[:TARGET_CHARS] if isinstance(target, Personal) else ""
        AuditText.objects.create(event=event, person=person.pk if person else None, target=text, details=personal)


def _as_number(value: Any) -> Any:
    return number_of(value) if isinstance(value, User) else value
