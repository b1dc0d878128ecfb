"""The inverted index of one's own readings: which submissions hold a text, or have a reason not to be sure."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models.submissions import Submission


class HistoryTerm(models.Model):
    """A term of a submission's reading, so that a search reads what it shows and no more, however long the history.

    Terms are all parts of the reading of up to TERM_CHARS characters, unless it is not a digit, and `reason:` with each
    reason. Triggers of Postgres keep them (migration 0027), so that older code and SQL by hand keep them too.
    """

    pk = models.CompositePrimaryKey("owner_id", "term", "submission_id")
    owner = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    term = models.CharField(max_length=40)
    submission = models.ForeignKey(
        Submission, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="terms"
    )

    class Meta:
        verbose_name = _("term of a reading")
        verbose_name_plural = _("terms of readings")

    def __str__(self) -> str:
        return self.term
