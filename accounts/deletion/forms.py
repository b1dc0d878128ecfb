"""The form that deletes an account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class DeletionForm(forms.Form):
    """Asks for the user name, so that nobody deletes an account by one wrong click."""

    name = forms.CharField(label=_("Your username"), max_length=150)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def clean_name(self) -> str:
        """Return the name. Raises ValidationError if it is not the user's own."""
        name: str = self.cleaned_data["name"]
        if name.lower() != self.user.get_username().lower():
            raise forms.ValidationError(_("This is not your username. Nothing was deleted."))
        return name
