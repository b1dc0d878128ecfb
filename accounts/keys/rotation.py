"""After a change of SECRET_KEY: what accounts keep in the database is encrypted and signed with the new key.

Everything here can be run at any time, beside running processes, and again. A former key is needed until it is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.keys import ciphers
from accounts.models import User

CHUNK = 500  # rows that are locked or read at once


@dataclass
class Rotated:
    """How many rows of a kind there were, how many were rewritten with the new key, and how many no known key reads."""

    rows: int = 0
    rewritten: int = 0
    lost: int = 0


def rotate_factors() -> Rotated:
    """Encrypt the secrets of authenticator apps and recovery codes with SECRET_KEY."""
    done = Rotated()
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    for keys in _chunks(Authenticator.objects.filter(type__in=kinds)):
        with transaction.atomic():
            for factor in Authenticator.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
                done.rows += 1
                try:
                    data = _encrypted_again(factor.data)
                except InvalidToken:
                    done.lost += 1
                    continue
                if data != factor.data:
                    factor.data = data
                    factor.save(update_fields=["data"])
                    done.rewritten += 1
    return done


def _encrypted_again(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a factor with what allauth encrypts in it encrypted by SECRET_KEY. Raises InvalidToken."""
    changed: dict[str, Any] = {name: ciphers.encrypt_again(data[name]) for name in ("secret", "seed") if data.get(name)}
    if codes := data.get("migrated_codes"):
        changed["migrated_codes"] = [ciphers.encrypt_again(code) for code in codes]
    return data | changed


def rotate_sessions() -> Rotated:
    """Sign sessions that have not expired with SECRET_KEY, and what in them says that their user is logged in."""
    done = Rotated()
    for keys in _chunks(Session.objects.filter(expire_date__gt=Now())):
        rows = list(Session.objects.filter(pk__in=keys))
        data = {row.pk: row.get_decoded() for row in rows}
        numbers = {str(found[SESSION_KEY]) for found in data.values() if SESSION_KEY in found}
        users = {str(user.pk): user for user in User.objects.filter(pk__in=numbers)}
        for row in rows:
            done.rows += 1
            found = data[row.pk]
            renewed = _believed_again(found, users.get(str(found.get(SESSION_KEY))))
            if not found and not _is_signed_with(row.session_data, settings.SECRET_KEY):
                done.lost += 1
            elif renewed != found or not _is_signed_with(row.session_data, settings.SECRET_KEY):
                unchanged = Session.objects.filter(pk=row.pk, session_data=row.session_data)  # else it is newer by now
                done.rewritten += unchanged.update(session_data=SessionStore().encode(renewed))
    return done


def _believed_again(data: dict[str, Any], user: User | None) -> dict[str, Any]:
    """Return the data of a session with the hash that the new key makes, if it has one that a former key made."""
    if user is None or data.get(HASH_SESSION_KEY) not in set(user.get_session_auth_fallback_hash()):
        return data
    return data | {HASH_SESSION_KEY: user.get_session_auth_hash()}


def _is_signed_with(session_data: str, key: str) -> bool:
    try:
        TimestampSigner(key=key, salt=SessionStore().key_salt, fallback_keys=[]).unsign(session_data)
    except BadSignature:
        return False
    return True


def _chunks(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield the primary keys of the rows, in order, CHUNK at a time."""
    after: Any = None
    ordered = rows.order_by("pk")
    while keys := list(
        (ordered if after is None else ordered.filter(pk__gt=after)).values_list("pk", flat=True)[:CHUNK]
    ):
        yield keys
        after = keys[-1]
