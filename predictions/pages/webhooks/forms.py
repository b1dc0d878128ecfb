"""The form for a new webhook."""

from django import forms
from django.utils.translation import gettext_lazy as _

from predictions.models import WebhookEvent
from predictions.models.webhooks import SUBSCRIBED, URL_CHARS

CHOICES = [(event.value, WebhookEvent(event).label) for event in SUBSCRIBED]


class WebhookForm(forms.Form):
    """An address, and what it is told."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_CHARS,
        help_text=_("It starts with https:// and is on the public internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Tell it when"), choices=CHOICES, initial=SUBSCRIBED, widget=forms.CheckboxSelectMultiple
    )
