"""django-allauth's forms with our labels, and the form for a new API token."""

import unicodedata
from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.identity import access, email_addresses
from accounts.limits import counts
from accounts.limits.counts import Count
from accounts.limits.networks import client_network
from accounts.limits.passwords import HIGH, LOW
from accounts.models import Access, Invitation, User
from accounts.roles import may_review
from accounts.scopes import choices_for
from accounts.tokens import DEFAULT_LIFETIME

NOBODY = User(pk=0)


class OurLabels:
    """Mixin that sets `labels` on a form's fields and removes the placeholders, which would repeat them."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]  # a form's
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)


class LoginForm(OurLabels, allauth_forms.LoginForm):
    labels = {"login": _("Username or email"), "password": _("Password")}

    def clean_login(self) -> str:
        """Return the user name in the NFKC form, in which names are stored."""
        return unicodedata.normalize("NFKC", super().clean_login())

    def user_credentials(self) -> dict[str, str]:
        """Return what was typed as the name alone, which the back end takes for an address too.

        allauth gives it as both, and then a wrong password of a known address is hashed twice: that takes longer.
        """
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}


class SignupForm(OurLabels, allauth_forms.SignupForm):
    labels = {"username": _("Username"), "password1": _("Password"), "password2": _("Password (again)")}

    def __init__(self, *args: Any, invitation: Invitation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields.get("email")
        if email is None:
            return
        email.label = _("Email") if email.required else _("Email (optional)")
        email.help_text = _("You need it to reset a forgotten password.")
        if invitation and invitation.email:
            email.label = _("Email")
            self.initial["email"], email.disabled = invitation.email, True
            email.help_text = _("Your invitation is for this address.")

    def validate_unique_email(self, value: str) -> str:
        """Take any address: it has no effect until it is confirmed, and a refusal would tell who has an account."""
        return value

    def save(self, request: HttpRequest) -> User:
        """Create the account, without the address: that is pending, and mail is sent to it."""
        email = self.cleaned_data.pop("email", "")
        user: User = super().save(request)
        if email:
            EmailAddress.objects.create(user=user, email=email)
        return user


class ChangePasswordForm(OurLabels, allauth_forms.ChangePasswordForm):
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password (again)"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["end_tokens"] = forms.BooleanField(
            label=_("End all my API tokens too"),
            required=False,
            initial=True,
            help_text=_("Programs that use them lose access at once."),
        )

    def clean_oldpassword(self) -> str:
        """Check the current password under the limits of the log-in, and record a wrong one."""
        password: str = self.cleaned_data["oldpassword"]
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("enter_current_password")
        return password

    def save(self) -> None:
        """Change the password, which ends all other sessions, and end the tokens if the user wants that."""
        super().save()
        if self.cleaned_data["end_tokens"]:
            access.end_tokens(self.user, by=self.user)


class SetPasswordForm(OurLabels, allauth_forms.SetPasswordForm):
    labels = {"password1": _("New password"), "password2": _("New password (again)")}


class ResetPasswordForm(OurLabels, allauth_forms.ResetPasswordForm):
    labels = {"email": _("Email")}
    users: list[User]

    def clean_email(self) -> str:
        """Find the user by the current address, not by one that is pending, and may be mistyped, or was replaced."""
        email: str = self.cleaned_data["email"].lower()
        self.users = list(email_addresses.of_address(email).filter(is_active=True))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the mail; above a limit send none, which the answer does not tell: earlier links still work."""
        email: str = self.cleaned_data["email"]
        pair = Count("reset", f"{email} {client_network(request)}", *LOW)
        if counts.take(pair, Count("reset_email", email, *HIGH)):
            return email
        known: list[User | None] = [*self.users]
        for user in known or [None]:  # an unknown address is recorded too, without it: it takes as long
            audit.record(None, "password.reset_requested", user or "", about=user)
        if not self.users:
            default_token_generator.make_token(NOBODY)  # takes the time and the queries of a link
        return str(super().save(request, **kwargs))


class ResetPasswordKeyForm(OurLabels, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("New password (again)")}

    def save(self) -> None:
        """Change the password and end all other access: who had it before may not own the address."""
        super().save()
        access.end_all(self.user, by=self.user)


class ReauthenticateForm(OurLabels, allauth_forms.ReauthenticateForm):
    labels = {"password": _("Password")}


class AddEmailForm(OurLabels, allauth_forms.AddEmailForm):
    labels = {"email": _("New email address")}

    def save(self, request: HttpRequest) -> EmailAddress:
        """Request the change. The current address stays until the new one is confirmed.

        That another account has it is told to nobody but its owner, by mail.
        """
        return email_addresses.request_change(request, self.user, self.cleaned_data["email"])


class PreferencesForm(forms.ModelForm):
    """What a user prefers; what concerns reviews is asked of reviewers only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_review(self.instance):
            del self.fields["reviews_blind"]

    class Meta:
        model = User
        fields = ["reads_live", "reviews_blind"]
        labels = {
            "reads_live": _("Read my drawing by itself when I pause"),
            "reviews_blind": _("When I review, show what was read only after my answer"),
        }
        help_texts = {
            "reads_live": _("Without this, a drawing is read when you press Predict."),
            "reviews_blind": _(
                "Without this, you can accept most readings with one key, but they may influence you."
                " Some stay hidden even then."
            ),
        }


class TrainingForm(forms.ModelForm):
    """Whether a user's new drawings may train models: off until they say yes."""

    class Meta:
        model = User
        fields = ["may_train"]
        labels = {"may_train": _("Let my new drawings train the models")}
        help_texts = {
            "may_train": _(
                "Reviewers see drawings in any case. With this, drawings that they labeled also teach our models to "
                "read, without your name, until you take that back or delete them."
            ),
        }


class TokenForm(forms.Form):
    """The name, the scopes and the lifetime of a new token of `user`."""

    name = forms.CharField(
        label=_("Token name"), max_length=100, help_text=_("What will use the token, such as “laptop”.")
    )
    access = forms.ChoiceField(label=_("Access"), required=False, initial=Access.WRITE)
    days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=3_650, required=False, initial=DEFAULT_LIFETIME.days
    )
    is_lasting = forms.BooleanField(label=_("It never expires"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        access: Any = self.fields["access"]
        access.choices = choices_for(user)
        access.help_text = _("A program that only fetches readings needs no more than to read.")

    def clean_access(self) -> Access:
        """Return the scopes; the form of an older version of the page does not ask for them."""
        return Access(self.cleaned_data["access"] or Access.WRITE)

    def lifetime(self) -> timedelta | None:
        """Return the lifetime; None means no expiry, which has to be chosen."""
        if self.cleaned_data["is_lasting"]:
            return None
        days = self.cleaned_data["days"]
        return timedelta(days=days) if days else DEFAULT_LIFETIME
