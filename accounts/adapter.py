"""What django-allauth asks us: where links lead, where to go next, and what the audit log hears."""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from allauth.account import signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmation
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import audit, email_addresses
from accounts.models import User


def _public(url: str) -> str:
    """Return `url` at PUBLIC_URL: a link in a mail never follows the Host that its request claimed."""
    return settings.PUBLIC_URL + urlsplit(url).path


class AccountAdapter(DefaultAccountAdapter):
    """allauth's choices, with ours over them."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "duplicate_email": _("This is your e-mail already."),
        "email_password_mismatch": _("This e-mail and this password do not belong together."),
        "email_taken": _("This e-mail belongs to another account already."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("Too many tries. Please wait a few minutes."),
        "too_many_login_attempts": _("Too many tries. Please wait a few minutes."),
        "username_empty": _("A name needs a letter or a digit."),
        "username_password_mismatch": _("This name and this password do not belong together."),
    }

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _public(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return _public(super().get_email_confirmation_url(request, emailconfirmation))

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name in the one spelling it is kept in, so that none differs from another in its spelling alone."""
        name: str = super().clean_username(unicodedata.normalize("NFKC", username), shallow)
        if not any(character.isalnum() for character in name):
            raise self.validation_error("username_empty")
        return name

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Make the account, and say so in the audit log."""
        user = super().save_user(request, user, form, commit)
        if commit:
            audit.record(user, "user.signed_up", user.get_username())
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note a failed try, which the log-in limit has let through; a name nobody has might be a mistyped password."""
        name = credentials.get("username") or credentials.get("email") or ""
        field = "username__iexact" if credentials.get("username") else "email__iexact"
        user = User.objects.filter(**{field: name}).first() if name else None
        audit.record(None, "login.failed", user.get_username() if user else "", ip=self.get_client_ip(request))

    def set_password(self, user: User, password: str) -> None:
        """Change the password, by its owner's form or by a mailed link."""
        super().set_password(user, password)
        audit.record(user, "password.changed", user.get_username())

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Let nobody but a confirmed address take the present one's place."""
        return not email_addresses.is_present(email_address.user, email_address.email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Make the address its owner's, unless somebody else has it by now."""
        try:
            with transaction.atomic():
                if email_addresses.is_present(email_address.user, email_address.email):
                    is_theirs = self._confirm_present(request, email_address)
                else:
                    is_theirs = super().confirm_email(request, email_address)
        except IntegrityError:
            is_theirs = False
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
        if is_theirs:
            audit.record(email_address.user, "email.confirmed", email_address.email)
        return is_theirs

    def _confirm_present(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the address one has: nothing changes for one that waits, which allauth's own would drop."""
        email_address.verified = True
        email_address.set_as_primary()
        signals.email_confirmed.send(sender=EmailAddress, request=request, email_address=email_address)
        template = "account/messages/email_confirmed.txt"
        self.add_message(request, messages.SUCCESS, template, {"email": email_address.email})
        return True
