"""The form of a sign-up by single sign-on: only a user name is asked for."""

from typing import Any

from allauth.socialaccount import forms as allauth_forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import OurLabels


class SignupForm(OurLabels, allauth_forms.SignupForm):
    """allauth's, without the address, which comes from the provider."""

    labels = {"username": _("Username")}

    def _get_signup_fields(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        kwargs.pop("email_required", None)
        return {"username": {"required": True}}
