"""django-allauth's forms in our words, and the form that makes a token. A label says what a placeholder would."""

import unicodedata
from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import email_addresses
from accounts.models import User


class OurWords:
    """Puts `labels` on a form's fields and takes the placeholders that repeat them."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]  # a form's
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)


class LoginForm(OurWords, allauth_forms.LoginForm):
    labels = {"login": _("Username or e-mail"), "password": _("Password")}

    def clean_login(self) -> str:
        """Return what was typed in the spelling that names are kept in."""
        return unicodedata.normalize("NFKC", super().clean_login())


class SignupForm(OurWords, allauth_forms.SignupForm):
    labels = {
        "username": _("Username"),
        "email": _("E-mail (optional)"),
        "password1": _("Password"),
        "password2": _("Password (again)"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _("Without it, a forgotten password cannot be reset.")


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password (again)"),
    }


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):
    labels = {"email": _("E-mail")}
    users: list[User]

    def clean_email(self) -> str:
        """Pass over whom the address only waits for: it may be mistyped, and somebody else's."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if email_addresses.knows(user, email)]
        return email


class ResetPasswordKeyForm(OurWords, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("New password (again)")}


class ReauthenticateForm(OurWords, allauth_forms.ReauthenticateForm):
    labels = {"password": _("Password")}


class AddEmailForm(OurWords, allauth_forms.AddEmailForm):
    labels = {"email": _("New e-mail")}

    def clean_email(self) -> str:
        """Refuse an address that somebody else has, as sign-up does: an address is one person's."""
        email: str = super().clean_email()
        if any(user.pk != self.user.pk for user in filter_users_by_email(email)):
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        """Keep the present address until the new one is confirmed, though it may never have been itself."""
        return email_addresses.ask_to_change(request, self.user, self.cleaned_data["email"])


class TokenForm(forms.Form):
    """What a new token is called, and how long it lives."""

    name = forms.CharField(
        label=_("What is it for?"), max_length=100, help_text=_("A name by which you will know it, such as “laptop”.")
    )
    days = forms.IntegerField(
        label=_("Days until it expires (optional)"),
        min_value=1,
        max_value=3_650,
        required=False,
        help_text=_("Left empty, it works until you revoke it."),
    )

    def lives(self) -> timedelta | None:
        """Return how long the token shall live; None: for ever."""
        days = self.cleaned_data["days"]
        return timedelta(days=days) if days else None
