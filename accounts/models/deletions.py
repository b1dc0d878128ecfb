"""`AccountDeletion`: accounts that are being deleted."""

from django.db import models
from django.db.models.functions import Now


class AccountDeletion(models.Model):
    """An account that is closed and being deleted, until nothing of it is left, its last mail included.

    A trigger adds a row for users that other code deletes, so that the rest of theirs goes too.

    number: of the account. It refers to no row: that is gone before this one.
    alias: the random number that the person's reviews of other people's drawings keep; negative, unlike any account's.
    mail: the key of the mail that confirms the deletion.
    lease_until: until then, the process that works on it is believed to be alive.
    emptied_at: when nothing of the person was left but this row and the mail.
    """

    number = models.BigIntegerField(primary_key=True)
    alias = models.BigIntegerField(null=True)
    mail = models.BigIntegerField(null=True)
    begun_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.number)
