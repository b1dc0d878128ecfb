"""API tokens: made, and recognized in `Authorization: Token ...`, where a process remembers one for CACHE_S seconds.

Triggers notify of every change of a token or a user, whoever makes it, and each process' listener forgets at once;
where nobody listens, a revoked token is refused after CACHE_S.
"""

import copy
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from accounts import audit
from accounts.listener import listener
from accounts.models import ApiToken, User

USED_RESOLUTION = timedelta(minutes=1)  # `last_used_at` is written at most this often
CHANNEL = "inkling_tokens"  # the payload of a trigger's NOTIFY: the primary key of a user
CACHE_S = 5.0
CACHE_LIMIT = 10_000


class TokenCache:
    """The tokens that this process saw lately, by digest, each for CACHE_S seconds or until its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, User, ApiToken]] = {}
        self._of_user: dict[str, set[str]] = defaultdict(set)
        self._changes = 0
        self.on_forget: Callable[[], object] = lambda: None

    def get(self, digest: str) -> tuple[User, ApiToken] | None:
        """Return a token and a user of the caller's own, or None if they must be looked up."""
        until, user, token = self._known.get(digest, (0.0, None, None))
        if user is None or token is None or until < time.monotonic():
            return None
        return copy.copy(user), copy.copy(token)

    def changes(self) -> int:
        """Return how often something was forgotten: to be asked before a token is looked up, and given to `keep`."""
        return self._changes

    def keep(self, token: ApiToken, seconds: float, changes: int) -> None:
        """Remember a token that was looked up, unless something was forgotten since `changes`."""
        with self._lock:
            if changes != self._changes:
                return
            if len(self._known) >= CACHE_LIMIT:
                self._forget_all()
            self._known[token.digest] = (time.monotonic() + min(CACHE_S, seconds), token.user, token)
            self._of_user[str(token.user_id)].add(token.digest)

    def forget(self, user_key: str) -> None:
        """Forget the tokens of one user."""
        with self._lock:
            self._changes += 1
            for digest in self._of_user.pop(user_key, ()):
                self._known.pop(digest, None)
        self.on_forget()

    def forget_all(self) -> None:
        """Forget everything: a change may have been missed."""
        with self._lock:
            self._forget_all()

    def _forget_all(self) -> None:
        self._changes += 1
        self._known.clear()
        self._of_user.clear()


cache = TokenCache()
listener.on(CHANNEL, cache.forget, cache.forget_all)


class TooManyTokens(Exception):
    """The user has TOKENS_LIMIT tokens already."""


class NameTaken(Exception):
    """The user has a token of this name already."""


def create_token(user: User, name: str = "", lives: timedelta | None = None) -> str:
    """Make a token for `user` and give its text, which can never be shown again. Raises TooManyTokens or NameTaken."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once come one after the other
        if ApiToken.objects.filter(user=user).count() >= settings.TOKENS_LIMIT:
            raise TooManyTokens
        if ApiToken.objects.filter(user=user, name__iexact=name).exists():
            raise NameTaken
        token_row, text = ApiToken.objects.create(user=user, expiry=lives, name=name)
        audit.record(user, "token.created", token_row.token_key, name=name)
    return text


def revoke(token: ApiToken, by: User) -> None:
    """End a token at once; `by` is who asked for it."""
    with transaction.atomic():
        token.delete()
        audit.record(by, "token.revoked", token.token_key, name=token.name, owner=token.user.get_username())
    cache.forget(str(token.user_id))  # here at once; elsewhere by the trigger's notice


class TokenAuthentication(KnoxAuthentication):
    """Knox's scheme with at most one query a request, and no error for a header that is no text."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the user and the token row. Raises AuthenticationFailed if unknown, expired or its owner is inactive."""
        if not token.isascii():
            raise AuthenticationFailed("This token is not known here.")
        digest = hash_token(token.decode("ascii"))
        listener.ensure()
        return cache.get(digest) or _look_up(digest)


def _look_up(digest: str) -> tuple[User, ApiToken]:
    """Return the user and the token of a digest, and remember them. One query, and a write a minute."""
    changes = cache.changes()
    left = ExpressionWrapper(F("expiry") - Now(), output_field=DurationField())
    row = ApiToken.objects.filter(digest=digest).select_related("user").annotate(left=left).first()
    if row is None or not row.user.is_active or (row.left is not None and row.left <= timedelta()):
        raise AuthenticationFailed("This token is not known here, has expired or was revoked.")
    if row.last_used_at is None or timezone.now() - row.last_used_at > USED_RESOLUTION:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=Now())
    cache.keep(row, CACHE_S if row.left is None else row.left.total_seconds(), changes)
    return row.user, row
