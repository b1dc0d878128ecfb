"""Remove all factors of somebody who lost their device and their recovery codes. Only administrators may."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import audit
from accounts.identity import notices
from accounts.models import User


def remove_all(user: User, by: User | None) -> int:
    """Remove the factors of `user`, record it, and tell them by mail. Returns how many there were.

    by: the administrator; None for the command line.
    """
    with transaction.atomic():
        factors = list(Authenticator.objects.select_for_update().filter(user=user).order_by("pk"))
        if factors:
            Authenticator.objects.filter(pk__in=[factor.pk for factor in factors]).delete()
            types = [factor.type for factor in factors]
            audit.record(by, "factor.removed", user, about=user, types=types)
            notices.send("factors_removed_by_admin", user.email)
    return len(factors)
