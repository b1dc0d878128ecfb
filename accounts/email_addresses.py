"""A person's addresses: the present one, which `User.email` holds, and one that waits to be confirmed.

The present one counts even before it is confirmed; the one that waits counts for nothing until it is.
"""

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User


def waiting(user: User) -> QuerySet[EmailAddress]:
    """Return the addresses, one at most, that `user` asked to change to."""
    return EmailAddress.objects.filter(user=user, verified=False).exclude(email__iexact=user.email)


def unconfirmed(user: User) -> list[str]:
    """Return the addresses whose link was not opened yet: the present one, if it is one of them, comes first."""
    emails = EmailAddress.objects.filter(user=user, verified=False).values_list("email", flat=True)
    return sorted(emails, key=lambda email: not is_present(user, email))


def is_present(user: User, email: str) -> bool:
    """Return whether `email` is the address that mail for `user` goes to."""
    return user.email.lower() == email.lower()


def knows(user: User, email: str) -> bool:
    """Return whether `email` may open the account of `user`: it is the present address or a confirmed one."""
    return (
        is_present(user, email) or EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists()
    )


def ask_to_change(request: HttpRequest, user: User, email: str) -> EmailAddress:
    """Send a link to `email`, for it to become the address of `user`; what waited before waits no longer."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # of two at once, the later one waits
    waiting(user).delete()
    address = EmailAddress.objects.create(user=user, email=email)
    send_verification_email_to_address(request, address)
    return address
