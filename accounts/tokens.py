"""API tokens: made, and recognized in `Authorization: Token ...`."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from accounts import audit
from accounts.models import ApiToken, User

USED_RESOLUTION = timedelta(minutes=1)  # `last_used_at` is written at most this often


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


def revoke(token: ApiToken) -> None:
    """End a token at once."""
    with transaction.atomic():
        token.delete()
        audit.record(token.user, "token.revoked", token.token_key, name=token.name)


class TokenAuthentication(KnoxAuthentication):
    """Knox's scheme with one query a request, and no error for a header that is no text."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Give the user and the token row. Raises AuthenticationFailed if unknown, expired or its owner is inactive."""
        if not token.isascii():
            raise AuthenticationFailed("This token is not known here.")
        digest = hash_token(token.decode("ascii"))
        alive = Q(expiry=None) | Q(expiry__gt=Now())
        row = ApiToken.objects.filter(alive, digest=digest).select_related("user").first()
        if row is None or not row.user.is_active:
            raise AuthenticationFailed("This token is not known here, has expired or was revoked.")
        now = timezone.now()
        if row.last_used_at is None or now - row.last_used_at > USED_RESOLUTION:
            ApiToken.objects.filter(pk=row.pk).update(last_used_at=Now())
        return row.user, row
