"""Tables of users, tokens, limits, invitations, the audit log and of accounts that are being deleted."""

from accounts.models.audit import OF_LISTS, AuditEvent, AuditText
from accounts.models.counts import AttemptCount, GuestCount, RequestCount
from accounts.models.deletions import AccountDeletion
from accounts.models.invitations import Invitation
from accounts.models.users import ACCENTED, HASH_KIND_LENGTH, Access, ApiToken, User

__all__ = [
    "ACCENTED",
    "HASH_KIND_LENGTH",
    "OF_LISTS",
    "Access",
    "AccountDeletion",
    "ApiToken",
    "AttemptCount",
    "AuditEvent",
    "AuditText",
    "GuestCount",
    "Invitation",
    "RequestCount",
    "User",
]
