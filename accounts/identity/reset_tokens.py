"""The keys of reset links."""

from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.models import User


class ResetTokens(PasswordResetTokenGenerator):
    """The same keys as allauth's, which end when an address changes, with one query for any account, or for none."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        own: str = super()._make_hash_value(user, timestamp)
        emails = set(EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True))
        return own + "|".join(sorted(emails | ({user.email.lower()} - {""})))
