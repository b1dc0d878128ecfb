"""Where browsers find the digit network for a preview of what is being drawn."""

from django import template
from django.urls import reverse

from ml.browser_network import LAYOUT
from predictions import registry
from predictions.models import ArtifactFormat

register = template.Library()


@register.simple_tag
def preview_network_url() -> str:
    """Return the address of the network of the version that reads; "" if browsers cannot run it. Two queries."""
    try:
        version = registry.serving().version
    except registry.NoModel:
        return ""
    if not version.artifacts.filter(format=ArtifactFormat.BROWSER).exists():
        return ""
    return reverse("browser-network", args=[version.sha256, LAYOUT])
