"""Invitations to sign up, where an administrator decides who may: each works once, until it expires.

Only a hash of the code is stored. The code of a link that was opened is in the session until the sign-up is done.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from accounts import audit
from accounts.identity import notices
from accounts.models import Invitation, User

LIFETIME_DAYS, MOST_DAYS = 7, 90
_IN_SESSION = "invitation"


class InvitationGone(Exception):
    """The invitation was used, revoked or has expired."""


def make(by: User, email: str, role: str, days: int) -> tuple[Invitation, str]:
    """Make an invitation and return it with its link, which is mailed to `email` if there is one."""
    code = secrets.token_urlsafe(32)
    link = settings.PUBLIC_URL + reverse("open_invitation", args=[code])
    with transaction.atomic():
        invitation = Invitation.objects.create(
            code_hash=_hash(code),
            email=email.lower(),
            role=role,
            made_by=by,
            expires_at=Now() + timedelta(days=days),
        )
        audit.record(by, "invitation.made", _number_of(invitation), role=role, days=days)
        notices.send("invitation", email, link=link, days=days)
    return invitation, link


def revoke(invitation: Invitation, by: User) -> None:
    """Delete an invitation, which ends its link, and record it."""
    with transaction.atomic():
        audit.record(by, "invitation.revoked", _number_of(invitation))
        invitation.delete()


def keep(request: HttpRequest, code: str) -> bool:
    """Keep the code of a link that was opened in the session, and return whether it can be used."""
    is_usable = _usable(code).exists()
    if is_usable:
        request.session[_IN_SESSION] = code
    return is_usable


def of_session(request: HttpRequest) -> Invitation | None:
    """Return the invitation that was opened in this browser, if it can be used. No query for anybody else."""
    code = request.session.get(_IN_SESSION)
    return _usable(code).first() if code else None


def use(request: HttpRequest, user: User) -> None:
    """Use the invitation of this session, if there is one, for the new account, in the caller's transaction.

    Raises:
        InvitationGone: for an invitation that cannot be used (any more); the account must not be created.
    """
    code = request.session.pop(_IN_SESSION, None)
    if code is None:
        return
    if not _usable(code).update(used_at=Now(), used_by=user):  # waits for another one who uses it, and then finds none
        raise InvitationGone
    invitation = Invitation.objects.select_related("made_by").get(code_hash=_hash(code))
    if invitation.role:
        user.groups.add(Group.objects.get(name=invitation.role))
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    by = invitation.made_by or ""
    audit.record(user, "invitation.used", _number_of(invitation), made_by=by, role=invitation.role)


def _number_of(invitation: Invitation) -> str:
    """Return what stands for an invitation in the audit log: its address is somebody's, and goes with their account."""
    return f"invitation:{invitation.pk}"


def _usable(code: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(Q(expires_at__gt=Now()), code_hash=_hash(code), used_at=None)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
