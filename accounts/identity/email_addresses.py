"""The email addresses of a user: the current one, in `User.email`, and at most one pending.

A pending one has no effect until it is confirmed, also the one given at sign-up; several accounts may ask for the same.
The current one is used even if it was never confirmed: administrators can set it, and it was so at earlier sign-ups. No
other address of allauth's table logs anybody in or gets a reset link.
"""

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts import audit
from accounts.identity import notices
from accounts.models import User


def pending(user: User) -> QuerySet[EmailAddress]:
    """Return the addresses, at most one, that `user` asked to change to."""
    return EmailAddress.objects.filter(user=user, verified=False).exclude(email__iexact=user.email)


def unconfirmed(user: User) -> list[str]:
    """Return the addresses not confirmed yet, the current one first."""
    emails = EmailAddress.objects.filter(user=user, verified=False).values_list("email", flat=True)
    return sorted(emails, key=lambda email: not is_current(user, email))


def is_current(user: User, email: str) -> bool:
    """Return whether mail for `user` goes to `email`."""
    return user.email.lower() == email.lower()


def is_of_another(user: User, email: str) -> bool:
    """Return whether `email` is the current address of another account. By an index."""
    return of_address(email).exclude(pk=user.pk).exists()


def of_address(email: str) -> QuerySet[User]:
    """Return the user, at most one, whose current address is `email`. By an index."""
    return User.objects.alias(address=Lower("email")).filter(~Q(email=""), address=email.lower())


def request_change(request: HttpRequest, user: User, email: str) -> EmailAddress:
    """Make `email` the pending address of `user`, replacing an earlier one, and send a confirmation link to it."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # serializes concurrent requests
    pending(user).delete()
    address = EmailAddress.objects.create(user=user, email=email)
    send_verification_email_to_address(request, address)
    audit.record(user, "email.change_requested", audit.Personal(email), before=audit.Personal(user.email))
    return address


def follow_admin(request: HttpRequest, user: User, before: str, by: User) -> None:
    """Make the address that an administrator has set the only one of `user`: unconfirmed, and asked to confirm it.

    before: the former address, which gets a notice.
    """
    EmailAddress.objects.filter(user=user).delete()
    changed = {"before": audit.Personal(before), "after": audit.Personal(user.email)}
    audit.record(by, "email.changed", user, about=user, **changed)
    notices.send("email_changed_by_admin", before, from_email=before, to_email=user.email)
    if user.email:
        address = EmailAddress.objects.create(user=user, email=user.email.lower(), primary=True)
        send_verification_email_to_address(request, address)
