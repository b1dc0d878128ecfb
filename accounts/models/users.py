"""Users and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Left, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from accounts.keys.hashes import keyed_hash

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
        return keyed_hash("accounts.sessions", f"{by_password} {self.access_epoch}", secret).hex()


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
