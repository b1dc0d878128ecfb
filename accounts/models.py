"""Users, API tokens, counts for limits and the audit log."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Left, Lower, Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

ACCENTED = "[^ -~]"  # names that are not plain ASCII
HASH_KIND_LENGTH = 6  # characters of a stored password that tell how it is hashed: argon2, pbkdf2


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox names its manager
    """A user. Names and email addresses are unique regardless of case; the address is optional.

    reads_live: a drawing is read by itself when the user pauses.
    reviews_blind: in review mode, the reading is shown only after the answer.
    may_train: new drawings may train models, unless the user says otherwise of one.
    access_epoch: how often all sessions were ended; those of an earlier number are no longer valid.
    """

    reads_live = models.BooleanField(_("read while drawing"), default=True, db_default=True)
    reviews_blind = models.BooleanField(_("reviews without the reading"), default=True, db_default=True)
    may_train = models.BooleanField(_("drawings may train models"), default=False, db_default=False)

    access_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_ci"),
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="user_email_ci"),
        ]
        indexes = [
            models.Index(fields=["username"], condition=models.Q(username__regex=ACCENTED), name="user_accented_name"),
            models.Index(Left("password", HASH_KIND_LENGTH), name="user_hash_kind"),
        ]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must hold to be valid: it changes with the password and with `access_epoch`.

        Until sessions are ended for the first time it is Django's own, which older code expects too.
        """
        by_password = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # the stubs lack it
        if not self.access_epoch:
            return by_password
        text = f"{by_password} {self.access_epoch}"
        return salted_hmac("accounts.sessions", text, secret=secret, algorithm="sha256").hexdigest()


class Access(models.TextChoices):
    """The scopes that a token can have together."""

    READ = "read", _("Read only")
    WRITE = "read write", _("Read and write")
    REVIEW = "read write review", _("Read, write and review")


class ApiToken(AbstractAuthToken):
    """A token with which a program uses the API as its owner. Only its SHA-512 is stored.

    scopes: what it may do; `accounts.scopes` has the rule.
    """

    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    scopes = models.CharField(_("scopes"), max_length=40, choices=Access, default=Access.WRITE, db_default=Access.WRITE)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user}"

    def is_expired(self) -> bool:
        """Return whether the token is expired by this machine's clock. For display; the database decides."""
        return self.expiry is not None and self.expiry <= timezone.now()


class RequestCount(models.Model):
    """The requests of a user in one second of Postgres' clock. Unlogged: a crash may lose it."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    second = models.BigIntegerField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} by {self.user_id}"


class GuestCount(models.Model):
    """The drawings of a guest's session, or of an address, in one minute of Postgres' clock. Unlogged, as above."""

    key = models.CharField(primary_key=True, max_length=64)  # a keyed hash
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} by {self.key[:8]}"


class AttemptCount(models.Model):
    """Attempts at a password, a token or a form by a name, an address or both, in one window. Unlogged, as above."""

    key = models.CharField(primary_key=True, max_length=64)  # a keyed hash
    until = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} by {self.key[:8]}"


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


class AuditEvent(models.Model):
    """An entry of the audit log. A trigger refuses changes and deletions."""

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
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or 'system'} {self.action} {self.target}"

    @property
    def where(self) -> str:
        """Return the address; of a failed log-in that earlier code recorded, the one in its details."""
        return self.address or str(self.details.get("ip", ""))
