"""`WebhookEndpoint`: an address that wants to know of a user's sheets; `WebhookDelivery`: one event for one address."""

import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.keys.ciphers import decrypt, encrypt
from accounts.models import User
from predictions.models.claimable import UNFINISHED, Claimable, ClaimableQuerySet, state_constraints

URL_CHARS = 500
ENDPOINTS_LIMIT = 5  # of a user
LEASE = timedelta(minutes=1)  # above what a delivery may take


class WebhookEvent(models.TextChoices):
    """What is told."""

    SHEET_READ = "sheet.read", _("a sheet was read")
    SHEET_CONFIRMED = "sheet.confirmed", _("all cells of a sheet were confirmed")
    TEST = "test", _("a test")  # on request only


SUBSCRIBED = [WebhookEvent.SHEET_READ, WebhookEvent.SHEET_CONFIRMED]


class WebhookEndpoint(models.Model):
    """An address of a user's that is told of events, signed with a secret of its own.

    encrypted_secret: read with `secret`. The former one signs too until `former_until`, so that receivers can change.
    off_at: since when nothing is sent there, because it said that it is gone, or was paused.
    paused_at: since when an operator has paused it, which its owner can't undo.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, db_constraint=False, related_name="+", verbose_name=_("owner")
    )
    url = models.URLField(_("address"), max_length=URL_CHARS)
    events = ArrayField(models.CharField(max_length=20, choices=WebhookEvent))
    encrypted_secret = models.TextField()
    encrypted_former = models.TextField(blank=True, default="")
    former_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    off_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [models.UniqueConstraint(fields=["owner", "url"], name="webhookendpoint_url")]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """The host of the address, which others may see: its path may hold a secret."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]

    @property
    def secret(self) -> str:
        """The secret, as the receiver has it. Raises InvalidToken if it was encrypted with a key that is not known."""
        return decrypt(self.encrypted_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.encrypted_secret = encrypt(text)

    @property
    def former_secret(self) -> str:
        """The secret before this one, as `secret`."""
        return decrypt(self.encrypted_former)


class DeliveryQuerySet(ClaimableQuerySet["WebhookDelivery"]):
    """Filters on deliveries."""

    def in_turn(self) -> Self:
        """Filter out what waits because its endpoint failed: all but what is tried again, and what a person asked for.

        An endpoint failed if a delivery is to be tried again: the one queued first, if several processes found out.
        """
        tried_again = WebhookDelivery.objects.unfinished().filter(endpoint=OuterRef("endpoint"), tries__gt=0)
        is_first = Q(tries__gt=0) & ~Exists(tried_again.filter(queued_at__lt=OuterRef("queued_at")))
        is_asked_for = Q(tries=0) & (Q(event=WebhookEvent.TEST) | Q(queued_at__gt=F("created_at")))
        return self.filter(~Exists(tried_again) | is_first | is_asked_for)


class WebhookDelivery(Claimable):
    """An event that is to be told to an endpoint, until it was or all tries failed.

    body: JSON, as it is sent and signed at each try.
    tries: how often the endpoint was asked; `attempts` counts only processes that died in doing so.
    last_status: of its answer; null if there was none. `trouble` says what was wrong, for the owner.
    """

    claim_order: ClassVar[tuple[str, ...]] = ("available_at", "created_at")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(_("event"), max_length=20, choices=WebhookEvent)
    body = models.TextField()
    tries = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True)
    trouble = models.CharField(max_length=200, blank=True, default="")

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        constraints = [*state_constraints("webhookdelivery")]
        indexes = [
            models.Index(F("available_at"), condition=Q(status__in=UNFINISHED), name="webhookdelivery_queue"),
            models.Index(F("endpoint"), F("created_at").desc(), name="webhookdelivery_of_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint_id}"

    @classmethod
    def lease_for(cls) -> timedelta:
        return LEASE
