"""Filters of the admin's lists that people have saved."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SavedFilter(models.Model):
    """A filter of one of the admin's lists under a name; shared with everybody who may see the list, or private.

    table: the list, as `app.model`. query: of the list's address. The foreign key is not enforced, since older code,
    which may run beside this one, deletes users without knowing this table.
    """

    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("owner")
    )
    table = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1_000)
    is_shared = models.BooleanField(_("shared"), default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [models.UniqueConstraint(fields=["owner", "table", "name"], name="savedfilter_name_per_owner")]

    def __str__(self) -> str:
        return self.name
