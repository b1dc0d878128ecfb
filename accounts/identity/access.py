"""End the access that an account has given: API tokens, and sessions on all devices."""

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts import audit
from accounts.identity import email_addresses
from accounts.models import ApiToken, User


def was_given(user: User) -> bool:
    """Return whether anybody ever logged in as `user` or has a token of theirs. At most one query."""
    return user.last_login is not None or ApiToken.objects.filter(user=user).exists()


def end_tokens(user: User, by: User | None) -> None:
    """Delete all API tokens of `user`, which ends their use at once, and record it. Two queries."""
    with transaction.atomic():
        keys = [token.token_key for token in ApiToken.objects.filter(user=user)]
        if keys:
            ApiToken.objects.filter(user=user).delete()
            audit.record(by, "tokens.ended", user, about=user, tokens=keys)


def end_sessions(user: User) -> None:
    """End all sessions of `user` on all devices, and let none of them be known any more. Call it in a transaction."""
    User.objects.filter(pk=user.pk).update(access_epoch=F("access_epoch") + 1)
    user.refresh_from_db(fields=["access_epoch"])


def end_everywhere(user: User, by: User | None) -> None:
    """End all sessions and tokens of `user`, and record it."""
    with transaction.atomic():
        end_sessions(user)
        audit.record(by, "sessions.ended", user, about=user)
        end_tokens(user, by)


def end_all(user: User, by: User | None) -> None:
    """End all sessions and tokens of `user`, record it, and forget the address that the account was to change to.

    Call it when somebody has proven to own the account, after which nobody else may keep any access.
    """
    with transaction.atomic():
        email_addresses.pending(user).delete()
        end_everywhere(user, by)


def end_other_sessions(request: HttpRequest, user: User) -> None:
    """End all sessions of `user`, the user of the request, but this one."""
    end_sessions(user)
    update_session_auth_hash(request, user)
