"""Guests: people who draw without an account, known by a random key that their session holds.

The session begins with their first drawing. The key outlives the log-in, so that the user can be asked what to keep; a
log-out ends the session and the key with it.
"""

import secrets
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "guest_key"
SESSION_LASTS = timedelta(hours=1)  # after the last drawing; no longer than the drawings are kept


def new_key() -> str:
    """Return a key for somebody who has none yet; nobody can guess it."""
    return secrets.token_urlsafe(32)


def key_of(session: SessionBase) -> str:
    """Return the guest's key, or "" for somebody who has not drawn."""
    return str(session.get(SESSION_KEY, ""))


def remember(session: SessionBase, key: str) -> None:
    """Keep the key in the session, which lasts for SESSION_LASTS from now."""
    session[SESSION_KEY] = key
    session.set_expiry(int(SESSION_LASTS.total_seconds()))


def let_session_last(session: SessionBase) -> None:
    """Let the session last as long as those of other users. Call it when a guest logs in."""
    if SESSION_KEY in session:
        session.set_expiry(None)


def forget(session: SessionBase) -> None:
    """Remove the key: the guest's drawings are kept or deleted, or gone by themselves."""
    session.pop(SESSION_KEY, None)
