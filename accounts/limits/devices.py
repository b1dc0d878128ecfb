"""Known devices: browsers in which somebody has logged in, whose later tries others cannot use up.

A cookie holds a random name of the browser and, for each account that was used there, a keyed hash that nobody else can
make. It is no log-in: it only gives tries of its own. Whatever ends all access to an account ends it too.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.keys.hashes import is_hash_of, keyed_hash
from accounts.models import User

LASTS = timedelta(days=365)
MOST_ACCOUNTS = 5  # of one browser; the one that was used longest ago is forgotten


def device_of(request: HttpRequest, user: User) -> str:
    """Return the name of this browser if `user` has logged in there, else ""."""
    device, marks = _read(request)
    return device if any(_is_mark_of(mark, device, user) for mark in marks) else ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this browser be known as one of `user`'s from now on."""
    device, marks = _read(request)
    device = device or secrets.token_urlsafe(16)
    mark = _mark_of(device, user)
    kept = [mark, *(other for other in marks if not _is_mark_of(other, device, user))][:MOST_ACCOUNTS]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        ".".join([device, *kept]),
        max_age=LASTS,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    device, *marks = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "").split(".")
    return (device, marks[:MOST_ACCOUNTS]) if marks and device.isascii() and len(device) <= 64 else ("", [])


def _mark_of(device: str, user: User) -> str:
    return keyed_hash("accounts.devices", _marked(device, user)).hex()


def _is_mark_of(mark: str, device: str, user: User) -> bool:
    return is_hash_of(mark, "accounts.devices", _marked(device, user))


def _marked(device: str, user: User) -> str:
    return f"{device} {user.pk} {user.access_epoch}"
