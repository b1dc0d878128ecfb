"""The form for a new webhook."""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from predictions.models import WebhookEvent
from predictions.models.webhooks import URL_CHARS
from predictions.webhooks.addresses import describe_addresses


class WebhookForm(forms.Form):
    """An address, and what it is told."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_CHARS,
        help_text=lazy(describe_addresses, str)(),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    read = forms.BooleanField(label=_("Tell it when a sheet was read"), required=False, initial=True)
    confirmed = forms.BooleanField(
        label=_("Tell it when all cells of a sheet were confirmed"), required=False, initial=True
    )

    def events(self) -> list[str]:
        """Return what was chosen."""
        chosen = {WebhookEvent.SHEET_READ: "read", WebhookEvent.SHEET_CONFIRMED: "confirmed"}
        return [event.value for event, name in chosen.items() if self.cleaned_data[name]]
