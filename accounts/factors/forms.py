"""allauth's forms for second factors with our labels, our limits, and entries in the audit log."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.factors import codes
from accounts.forms import OurLabels
from accounts.limits import counts
from accounts.limits.counts import Count
from accounts.limits.networks import client_network
from accounts.limits.passwords import HIGH, TooManyAttempts, begin_code
from accounts.models import User

# Raised for made-up responses.
MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
CREDENTIAL_CHARS = 20_000  # more than any browser sends
NAME_LENGTH = 60


def _too_many() -> ValidationError:
    return get_account_adapter().validation_error("too_many_login_attempts")


def _try(user: User, check: Callable[[], Authenticator], *, reauthentication: bool) -> Authenticator:
    """Run `check` as an attempt at the second factor of `user`: within the limits, and recorded if it fails."""
    try:
        attempt = begin_code(context.request, user)
    except TooManyAttempts:
        raise _too_many() from None
    try:
        factor = check()
    except ValidationError:
        attempt.end(is_right=False)
        details: dict[str, Any] = {"reauthentication": True} if reauthentication else {}
        audit.record(None, "login.second_factor_failed", user, about=user, **details)
        raise
    attempt.end(is_right=True)
    return factor


def _refuse_malformed(check: Callable[[], Any]) -> Any:
    """Run a check of a passkey's response. Raises ValidationError whatever is wrong with it."""
    try:
        return check()
    except (ValidationError, *MALFORMED):
        raise get_adapter().validation_error("passkey_refused") from None


class CredentialField(forms.JSONField):
    """What a browser says of a passkey, as JSON. Too long or too deep is refused like any other wrong one."""

    def to_python(self, value: Any) -> Any:
        if len(str(value)) > CREDENTIAL_CHARS:
            raise get_adapter().validation_error("passkey_refused")
        return _refuse_malformed(lambda: super(CredentialField, self).to_python(value))


class TypedCode(OurLabels):
    """Mixin for a form with a code, which is checked by our rules."""

    labels = {"code": _("Code")}
    is_reauthentication = False
    user: User
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: forms.CharField = self.fields["code"]  # type: ignore[attr-defined]  # a form's
        field.widget.attrs |= {"inputmode": "numeric", "maxlength": 32}

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = _try(self.user, lambda: self._check(code), reauthentication=self.is_reauthentication)
        return code

    def _check(self, code: str) -> Authenticator:
        factor = codes.use_code(self.user, code)
        if factor is None:
            raise get_adapter().validation_error("incorrect_code")
        return factor


class AuthenticateForm(TypedCode, base_forms.AuthenticateForm):
    """The second step of a log-in, by a code."""


class ReauthenticateForm(TypedCode, base_forms.ReauthenticateForm):
    is_reauthentication = True


class ActivateTOTPForm(OurLabels, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Code from the app")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "maxlength": 32}


class AuthenticatePasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):
    """The second step of a log-in, by a passkey."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        check = super().clean_credential
        return _try(self.user, lambda: _refuse_malformed(check), reauthentication=self.reauthenticated)


class ReauthenticatePasskeyForm(AuthenticatePasskeyForm):
    reauthenticated = True


class LogInByPasskeyForm(webauthn_forms.LoginWebAuthnForm):
    """A log-in by a passkey alone, which cannot be guessed: only refused ones are limited, and right ones never are."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        try:
            factor: Authenticator = _refuse_malformed(super().clean_credential)
        except ValidationError:
            if counts.add(Count("passkey", client_network(context.request), *HIGH)):
                raise _too_many() from None
            raise
        return factor


class AddPasskeyForm(OurLabels, webauthn_forms.AddWebAuthnForm):
    """A new passkey. All are of the kind that logs in by itself, so there is nothing to choose."""

    labels = {"name": _("Name")}
    credential = CredentialField(widget=forms.HiddenInput)
    passwordless = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_name(self.fields["name"])
        self.fields["name"].help_text = _("So that you can tell your passkeys apart.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = _refuse_malformed(super().clean)
        return cleaned


class RenamePasskeyForm(OurLabels, webauthn_forms.EditWebAuthnForm):
    labels = {"name": _("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_name(self.fields["name"])


def limit_name(field: forms.Field) -> None:
    """Refuse names that are too long for the list."""
    assert isinstance(field, forms.CharField)  # noqa: S101 (for mypy)
    field.max_length = NAME_LENGTH
    field.widget.attrs["maxlength"] = NAME_LENGTH
    field.validators.append(MaxLengthValidator(NAME_LENGTH))
