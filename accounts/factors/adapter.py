"""allauth's adapter for second factors: secrets encrypted at rest, and the name under which passkeys are stored."""

from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.keys import ciphers
from accounts.models import User

LOOPBACK = {"127.0.0.1", "::1"}


class FactorAdapter(DefaultMFAAdapter):
    """allauth's default behavior with our changes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("Wrong code, or one that was used before."),
        "passkey_refused": gettext_lazy("This passkey was not accepted. Try again, or choose another way."),
        "cannot_generate_recovery_codes": gettext_lazy("Add an authenticator app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        return ciphers.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the text. Raises cryptography.fernet.InvalidToken if it was encrypted by another SECRET_KEY."""
        return ciphers.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 (allauth's)
        """Return the name that a new passkey has unless its owner types another one."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """Return the site that passkeys are for: the host of PUBLIC_URL, whatever host a request was sent to.

        Browsers make no passkeys for IP addresses, but this machine has a name: http://localhost works.
        """
        host = urlsplit(settings.PUBLIC_URL).hostname or ""
        return {"id": "localhost" if host in LOOPBACK else host, "name": settings.MFA_TOTP_ISSUER}
