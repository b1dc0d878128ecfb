"""Scheduled work: whether beat sends it, and how the last runs went."""

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from predictions import metrics
from predictions.doctor.results import Finding, failing, fine
from predictions.models import Source, Submission


def check_beat() -> Finding:
    """Check that the golden digit of each minute was sent."""
    sent = Submission.objects.filter(guest_key=Source.GOLDEN).order_by("-key")
    ago = sent.values_list(Now() - F("created_at"), flat=True).first()
    remedy = _("Start beat, exactly one (docker compose up -d beat), and read its log.")
    if ago is None or ago.total_seconds() > metrics.GOLDEN_WITHIN_S:
        return failing(_("Nothing was sent by schedule for 3 minutes."), remedy)
    return fine(_("Something was sent by schedule %(seconds)d s ago.") % {"seconds": ago.total_seconds()})
