"""A log-in that waits for its second factor: it ends with the password and the sessions that it was begun under."""

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import User

SESSION_KEY = "log_in_begun"


def remember(request: HttpRequest, user: User) -> None:
    """Keep in the session what a valid session of `user` would hold now."""
    request.session[SESSION_KEY] = user.get_session_auth_hash()


def is_current(request: HttpRequest, user: User) -> bool:
    """Return whether neither the password changed since then, nor all sessions of `user` were ended."""
    found = request.session.get(SESSION_KEY, "")
    believed = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(found, hash_) for hash_ in believed)
