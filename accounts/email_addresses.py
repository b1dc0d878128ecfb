"""The email addresses of a user: the current one, in `User.email`, and at most one pending.

The current one is used even before it is confirmed; a pending one has no effect until it is.
"""

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.http import HttpRequest

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


def may_reset_password(user: User, email: str) -> bool:
    """Return whether `email` may receive a reset link for `user`: the current address or a confirmed one."""
    return (
        is_current(user, email) or EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists()
    )


def request_change(request: HttpRequest, user: User, email: str) -> EmailAddress:
    """Make `email` the pending address of `user`, replacing an earlier one, and send a confirmation link to it."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # serializes concurrent requests
    pending(user).delete()
    address = EmailAddress.objects.create(user=user, email=email)
    send_verification_email_to_address(request, address)
    return address
