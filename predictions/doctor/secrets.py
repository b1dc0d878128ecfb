"""Secrets: files that everybody can read, and keys and passwords that can be guessed. No secret is told."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from predictions.checks import check_secret_files
from predictions.doctor.results import Finding, failing, fine, warning, worst

MIN_PASSWORD_CHARACTERS = 12
MIN_TOKEN_CHARACTERS = 20
THIS_MACHINE = {"", "127.0.0.1", "localhost", "::1"}


def find_open_secrets() -> Finding:
    """Find secrets that others can read or guess."""
    return worst([*_open_files(), *_guessable()], fine(_("No secret is open to others or easy to guess.")))


def _open_files() -> Iterator[Finding]:
    for message in check_secret_files():
        yield failing(str(message.msg), str(message.hint))


def _guessable() -> Iterator[Finding]:
    if weakness := settings.SECRET_KEY_WEAKNESS:
        remedy = _('Make a random one: python -c "import secrets; print(secrets.token_urlsafe(50))"')
        yield failing(_("SECRET_KEY %(weakness)s.") % {"weakness": weakness}, remedy)
    token = settings.STATUS_TOKEN
    if token and len(token) < MIN_TOKEN_CHARACTERS:
        seen = _("STATUS_TOKEN has fewer than %(count)d characters.") % {"count": MIN_TOKEN_CHARACTERS}
        yield warning(seen, _("Set a longer random STATUS_TOKEN."))
    database = settings.DATABASES["default"]
    yield from _password("DATABASE_URL", str(database.get("HOST") or ""), str(database.get("PASSWORD") or ""))
    redis = urlsplit(settings.REDIS_URL)
    yield from _password("REDIS_URL", redis.hostname or "", redis.password or "")


def _password(name: str, host: str, password: str) -> Iterator[Finding]:
    """Find a short password of a server on another machine; here, its socket and loopback are closed to others."""
    if host in THIS_MACHINE or host.startswith("/") or len(password) >= MIN_PASSWORD_CHARACTERS:
        return
    seen = _("%(name)s has no password, or one of fewer than %(count)d characters.")
    remedy = _("Give that server a long random password, and write it into %(name)s.") % {"name": name}
    yield warning(seen % {"name": name, "count": MIN_PASSWORD_CHARACTERS}, remedy)
