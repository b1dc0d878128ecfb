"""Counts for limits. All are unlogged: a crash may lose them."""

from django.db import models

from accounts.models.users import User


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
