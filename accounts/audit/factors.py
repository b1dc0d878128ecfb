"""Record what happens to second factors. kind: "totp", "webauthn" or "recovery_codes", as django-allauth names them."""

from accounts import audit
from accounts.models import User


def record_added(user: User, kind: str) -> None:
    audit.record(user, "factor.added", kind)


def record_removed(user: User, kind: str, by: User | None = None) -> None:
    """Record the end of a factor. by: who removed it, if not its owner."""
    audit.record(by or user, "factor.removed", kind, about=user)


def record_failed(user: User, kind: str) -> None:
    """Record a wrong code. The person who entered it knows the password, but may not be the user."""
    audit.record(None, "factor.failed", kind, about=user)


def record_codes_made(user: User) -> None:
    audit.record(user, "factor.codes_made", "recovery_codes")
