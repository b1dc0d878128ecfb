"""Who must have a second factor, who may add one, and what stays closed until then."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are none
STAFF, EVERYBODY, NOBODY = "staff", "everybody", "nobody"  # values of REQUIRE_SECOND_FACTOR


def has_factor(user: User) -> bool:
    """Return whether `user` is asked for a second factor after the password. One query."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def types_of(user: User) -> set[str]:
    """Return the types of factors that `user` has. One query."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def is_required(user: User | AnonymousUser) -> bool:
    """Return whether the site asks `user` to have a second factor. No query."""
    is_staff = user.is_staff or user.is_superuser
    return user.is_authenticated and settings.REQUIRE_SECOND_FACTOR in (
        (STAFF, EVERYBODY) if is_staff else (EVERYBODY,)
    )


def is_missing(user: User | AnonymousUser) -> bool:
    """Return whether `user` must have a second factor and has none. At most one query for one user object."""
    if not isinstance(user, User) or not is_required(user):
        return False
    if not hasattr(user, "_lacks_factor"):
        user._lacks_factor = not has_factor(user)  # type: ignore[attr-defined]
    return bool(user._lacks_factor)  # type: ignore[attr-defined]


def may_add(user: User) -> bool:
    """Return whether `user` may add a second factor: not with an address that was never confirmed.

    Who signed up with somebody else's address could lock its owner out for good. allauth has the same rule, but counts
    an address that is only pending too. Without a mail server nobody can confirm an address, or reset a password by
    mail, so there the rule would only keep factors from people.
    """
    if not settings.EMAIL_HOST or not user.email:
        return True
    return EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()


def lead_to_setup(request: HttpRequest) -> HttpResponse:
    """Redirect to the page of second factors, with the reason."""
    messages.warning(request, _("This account needs a second factor. Add one to go on."))
    return redirect("mfa_index")


def closed_without_factor(has_permission_before: Callable[[HttpRequest], bool]) -> Callable[[HttpRequest], bool]:
    """Wrap the admin's permission check: it is closed to staff who must have a second factor and have none."""

    def has_permission(request: HttpRequest) -> bool:
        return has_permission_before(request) and not is_missing(request.user)

    return has_permission
