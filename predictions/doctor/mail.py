"""Mail: whether what is queued is sent. Only the delivery worker reaches the mail server, so rows tell what it met."""

import re
from datetime import timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from post_office.models import STATUS, Email, Log

from accounts import outbox
from predictions.doctor.results import Finding, failing, fine, warning, worst
from predictions.doctor.running import first_line
from predictions.doctor.site_settings import is_public

RECENT = timedelta(hours=6)
ADDRESS = re.compile(r"[^\s<>'\"{(,]+@[^\s<>'\"}),]+")


def check_outbox() -> Finding:
    """Find mail that nobody sends, and why the mail server last refused one."""
    count, due_s = outbox.measure_waiting()
    found = []
    if due_s > outbox.DUE_WITHIN_S:
        remedy = _("Start the delivery worker (docker compose up -d delivery), and read its log.")
        words = {"count": count, "minutes": due_s / 60}
        found.append(
            failing(_("Nobody sends the mail: %(count)d wait, the first for %(minutes)d min.") % words, remedy)
        )
    if refusal := _last_refusal():
        found.append(failing(_("The mail server refused the last mail: %(why)s") % {"why": refusal}, _server_remedy()))
    if not settings.EMAIL_HOST and is_public():
        seen = _("MAIL_HOST is not set, so mail reaches nobody.")
        found.append(warning(seen, _("Set MAIL_HOST, MAIL_USER and MAIL_PASSWORD, or EMAIL_VERIFICATION=none.")))
    seen = _("Mails to send: %(count)d. The last try did not fail.")
    return worst(found, fine(seen % {"count": count}))


def _server_remedy() -> str:
    return _(
        "Correct MAIL_HOST, MAIL_PORT, MAIL_SECURITY, MAIL_USER and MAIL_PASSWORD, and try them where mail is sent: "
        "docker compose exec delivery python manage.py doctor --smtp."
    )


def _last_refusal() -> str:
    """Return why the last try failed, without addresses; "" if it did not, or long ago."""
    sent_since = Email.objects.filter(status=STATUS.sent, last_updated__gt=OuterRef("date"))
    failures = Log.objects.filter(status=STATUS.failed, date__gt=Now() - RECENT)
    last = failures.exclude(Exists(sent_since)).order_by("-date").first()
    return f"{last.exception_type}: {_masked(last.message)}" if last else ""


def _masked(text: str) -> str:
    return ADDRESS.sub("…@…", " ".join(text.split()))[:200]


def try_server(wait_s: float) -> Finding:
    """Connect to the mail server from here, encrypted and logged in as the delivery worker is, besides the rows."""
    if not settings.EMAIL_HOST:
        return check_outbox()
    mail_connection = get_connection("django.core.mail.backends.smtp.EmailBackend", timeout=wait_s)
    try:
        mail_connection.open()
        mail_connection.close()
    except OSError as error:  # smtplib's are such
        seen = _("The mail server cannot be used from here: %(why)s")
        why = f"{type(error).__name__}: {_masked(first_line(error))}"
        return worst([failing(seen % {"why": why}, _server_remedy()), check_outbox()], fine(""))
    rows = check_outbox()
    accepted = _("The mail server accepts this site.")
    return Finding(rows.state, f"{accepted} {rows.seen}", rows.remedy)
