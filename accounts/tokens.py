"""API tokens: created, revoked, and looked up for `Authorization: Token ...`, with a cache in each process.

Triggers notify every process of any change of a token or a user, and it drops what it cached at once. While it cannot
listen, a revoked token works for up to CACHE_S. Django's local-memory cache would do for the entries, but not for
dropping a user's tokens, or for the race between a look-up and a revocation (see `version`).
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
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts import audit
from accounts.limits import counts
from accounts.limits.counts import Count
from accounts.limits.networks import client_network
from accounts.limits.passwords import LOW
from accounts.models import Access, ApiToken, User
from accounts.postgres.listener import listener

DEFAULT_LIFETIME = timedelta(days=90)
COUNTED = {"GET", "POST", "PUT", "PATCH", "DELETE"}  # methods; OPTIONS and the like read and change nothing
USED_RESOLUTION = timedelta(minutes=1)  # `last_used_at` is written at most this often
CHANNEL = "inkling_tokens"  # NOTIFY from a trigger; the payload is the primary key of the user
CACHE_S = 5.0
CACHE_LIMIT = 10_000


class TokenCache:
    """Tokens by digest, each for CACHE_S seconds or until it expires."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[float, User, ApiToken]] = {}
        self._digests: dict[str, set[str]] = defaultdict(set)
        self._version = 0
        self.on_invalidate: Callable[[], object] = lambda: None

    def get(self, digest: str) -> tuple[User, ApiToken] | None:
        """Return copies of the user and the token, or None if they are not cached."""
        until, user, token = self._entries.get(digest, (0.0, None, None))
        if user is None or token is None or until < time.monotonic():
            return None
        return copy.copy(user), copy.copy(token)

    def version(self) -> int:
        """Return a number that changes with every invalidation; read it before a look-up and pass it to `put`."""
        return self._version

    def put(self, token: ApiToken, seconds: float, version: int) -> None:
        """Cache a token that was looked up, unless there was an invalidation since `version`."""
        with self._lock:
            if version != self._version:
                return
            if len(self._entries) >= CACHE_LIMIT:
                self._clear()
            self._entries[token.digest] = (time.monotonic() + min(CACHE_S, seconds), token.user, token)
            self._digests[str(token.user_id)].add(token.digest)

    def invalidate(self, user_key: str) -> None:
        """Drop the tokens of one user."""
        with self._lock:
            self._version += 1
            for digest in self._digests.pop(user_key, ()):
                self._entries.pop(digest, None)
        self.on_invalidate()

    def clear(self) -> None:
        """Drop everything, because a notification may have been missed."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._version += 1
        self._entries.clear()
        self._digests.clear()


cache = TokenCache()
listener.subscribe(CHANNEL, cache.invalidate, cache.clear)


class TooManyTokens(Exception):
    """The user has TOKENS_LIMIT tokens already."""


class NameTaken(Exception):
    """The user already has a token with this name."""


def create_token(user: User, name: str = "", lifetime: timedelta | None = None, access: Access = Access.WRITE) -> str:
    """Create a token and return its text, which is not stored. Raises TooManyTokens or NameTaken."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # serializes concurrent requests
        if ApiToken.objects.filter(user=user).count() >= settings.TOKENS_LIMIT:
            raise TooManyTokens
        if ApiToken.objects.filter(user=user, name__iexact=name).exists():
            raise NameTaken
        token_row, text = ApiToken.objects.create(user=user, expiry=lifetime, name=name, scopes=access)
        audit.record(user, "token.created", token_row.token_key, name=audit.Personal(name), scopes=access)
    return text


def revoke(token: ApiToken, by: User) -> None:
    """Delete a token, which ends its use at once."""
    with transaction.atomic():
        token.delete()
        owner = token.user
        name = audit.Personal(token.name)
        audit.record(by, "token.revoked", token.token_key, about=owner, name=name, owner=owner)
    cache.invalidate(str(token.user_id))  # other processes are notified by the trigger


class TooManyWrongTokens(APIException):
    """Wrong tokens came from this address before."""

    status_code = 429
    default_code = "too_many_requests"
    default_detail = "Too many requests with wrong tokens from this address. Check your token, then try again later."

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.wait = wait_s  # DRF sends it as Retry-After


class TokenAuthentication(KnoxAuthentication):
    """Knox's authentication with the cache, at most one query per request, and 401 for a header that is not ASCII."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the user and the token of a request, or None without the header.

        Raises:
            AuthenticationFailed: as `authenticate_credentials`.
            TooManyWrongTokens: for a further wrong token of this address. A right one is never refused.
        """
        try:
            found: tuple[User, ApiToken] | None = super().authenticate(request)
        except AuthenticationFailed:
            if request.method in COUNTED and (wait_s := counts.add(Count("token", client_network(request), *LOW))):
                raise TooManyWrongTokens(wait_s) from None
            raise
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the user and the token.

        Raises:
            AuthenticationFailed: if the token is unknown or expired, or its owner is inactive.
        """
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        digest = hash_token(token.decode("ascii"))
        listener.ensure()
        return cache.get(digest) or _look_up(digest)


def _look_up(digest: str) -> tuple[User, ApiToken]:
    """Return the user and the token of a digest, and cache them. One query, and at most one write a minute."""
    version = cache.version()
    left = ExpressionWrapper(F("expiry") - Now(), output_field=DurationField())
    row = ApiToken.objects.filter(digest=digest).select_related("user").annotate(left=left).first()
    if row is None or not row.user.is_active or (row.left is not None and row.left <= timedelta()):
        raise AuthenticationFailed("Invalid, expired or revoked token.")
    if row.last_used_at is None or timezone.now() - row.last_used_at > USED_RESOLUTION:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=Now())
    cache.put(row, CACHE_S if row.left is None else row.left.total_seconds(), version)
    return row.user, row
