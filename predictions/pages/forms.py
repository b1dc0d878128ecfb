"""The owner's answer about a reading, as a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from predictions.services.review import TEXT_LIMIT


class AnswerForm(forms.Form):
    """The owner's answer about a reading."""

    answer = forms.ChoiceField(choices=[("right", ""), ("wrong", ""), ("no_digit", "")])
    text = forms.CharField(required=False, max_length=TEXT_LIMIT)

    def clean(self) -> dict[str, Any]:
        """Require the digits if the reading is wrong."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "wrong" and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Enter what is written: digits, and signs if there are any."))
        return cleaned
