"""Settings: Django's own checks and ours, and what only tests may use."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.utils.translation import gettext as _

from predictions.doctor.results import Finding, State, failing, fine, warning, worst

ELSEWHERE = {"security.W018", "security.W009", "inkling.W002", "inkling.E004"}  # checks of their own say more
READER = "ml.recognition.reader.Reader"


def is_public() -> bool:
    """Return whether the site is served to more than this machine."""
    return urlsplit(settings.PUBLIC_URL).hostname not in {"127.0.0.1", "localhost", "::1"}


def find_problems() -> Finding:
    """Find what `manage.py check` finds, and for a public site what `check --deploy` finds about security."""
    found = checks.run_checks()
    if is_public():
        found += checks.run_checks(tags=["security"], include_deployment_checks=True)
    by_text = {str(message): message for message in found}
    problems = [message for message in by_text.values() if message.id not in ELSEWHERE and not message.is_silenced()]
    return worst(map(_as_finding, problems), fine(_("Every setting has a usable value.")))


def _as_finding(message: CheckMessage) -> Finding:
    state = State.FAILING if message.level >= checks.ERROR else State.WARNING
    seen = " ".join(str(message.msg).split())
    return Finding(state, f"{seen} ({message.id})", " ".join(str(message.hint or "").split()) or _default_remedy())


def _default_remedy() -> str:
    return _("Run python manage.py check --deploy, and correct the setting that it names.")


def find_test_settings() -> Finding:
    """Find settings with which only tests and developers may run."""
    found = []
    if settings.DEBUG:
        remedy = _("Set DEBUG=0, and restart every process.")
        found.append(failing(_("DEBUG is on: error pages show the code and settings to everybody."), remedy))
    if settings.TESTING:
        found.append(failing(_("TESTING is on."), _("Unset TESTING, and restart every process.")))
    wrong_reader = settings.READER if settings.READER != READER else ""
    if wrong_reader or any(problem.name == "READER" for problem in settings.ENV_PROBLEMS):
        remedy = _("Unset READER, and restart every worker.")
        seen = _("READER is set to another reader than the real one, so answers are not read from drawings.")
        found.append(failing(seen, remedy))
    if not settings.DEBUG and is_public() and not settings.IS_HTTPS:
        remedy = _("Get a certificate, and set PUBLIC_URL to the https address.")
        found.append(warning(_("People log in over http, which others can read."), remedy))
    return worst(found, fine(_("DEBUG and TESTING are off, and the reader is the real one.")))
