"""The audit log: events without names, and what can be deleted of them."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User

OF_LISTS = models.Q(details__has_key="filter") | models.Q(details__has_key="query")  # may name anybody


class AuditEvent(models.Model):
    """An entry of the audit log. A trigger refuses changes and deletions.

    It names nobody: people are the numbers of their accounts, in texts as `user:NUMBER`, whose names are in the table
    of users; what else an event says of a person is in its AuditText. `audit.names` puts them together again.

    actor_name: of an event that older code recorded, until `audit.old_events` moves it.
    is_pseudonymous: that there are no names in this row; older code leaves it False.
    """

    at = models.DateTimeField(_("time"), db_default=Now(), db_index=True)
    actor = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        verbose_name=_("actor"),
    )  # kept when the user is deleted
    actor_name = models.CharField(_("actor name"), max_length=150, blank=True, default="")
    action = models.CharField(_("action"), max_length=60)
    target = models.CharField(_("target"), max_length=200, blank=True, default="")
    about = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("about"),
    )  # whose account it concerns, if not the actor's
    address = models.GenericIPAddressField(_("address"), null=True)
    device = models.CharField(_("device"), max_length=60, blank=True, default="", db_default="")
    details = models.JSONField(_("details"), default=dict, blank=True)
    is_pseudonymous = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["about", "-id"], condition=models.Q(about__isnull=False), name="audit_about"),
            models.Index(fields=["action", "-at"], name="audit_action"),
            models.Index(fields=["address", "-at"], name="audit_address"),
            models.Index(OpClass(Lower("actor_name"), name="text_pattern_ops"), name="audit_actor_name"),
            models.Index(OpClass(Lower("target"), name="text_pattern_ops"), name="audit_target"),
            models.Index(fields=["id"], condition=models.Q(is_pseudonymous=False), name="audit_with_names"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_id or 'system'} {self.action} {self.target}"


class AuditText(models.Model):
    """What an event says of a person in words, such as an address or the name of a token. Deleted with the account.

    No foreign key is enforced: events and users go and stay by rules of their own.

    person: the number of the account that it is about.
    target, details: what the event itself leaves out.
    """

    event = models.OneToOneField(
        AuditEvent, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    person = models.BigIntegerField(null=True, db_index=True)
    target = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(OpClass(Lower("target"), name="text_pattern_ops"), name="audittext_target"),
            models.Index(fields=["event"], condition=OF_LISTS, name="audittext_of_lists"),
        ]

    def __str__(self) -> str:
        return f"of event {self.event_id}"
