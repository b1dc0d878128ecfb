"""`Invitation` to sign up."""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User

_WHO: dict[str, Any] = {  # code from before this table can delete users too
    "null": True,
    "on_delete": models.SET_NULL,
    "db_constraint": False,
    "related_name": "+",
    "editable": False,
}


class Invitation(models.Model):
    """An invitation to sign up. Its link holds a code of which only the SHA-256 is stored.

    email: empty, or the only address that the new account can ask to confirm.
    role: empty, or the group that the new account joins.
    """

    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(_("email address"), blank=True)
    role = models.CharField(_("role"), max_length=20, blank=True, choices=[("reviewer", _("reviewer"))])
    made_by = models.ForeignKey(User, verbose_name=_("made by"), **_WHO)
    made_at = models.DateTimeField(_("made at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used at"), null=True, editable=False)
    used_by = models.ForeignKey(User, verbose_name=_("used by"), **_WHO)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.email or self.code_hash[:8]
