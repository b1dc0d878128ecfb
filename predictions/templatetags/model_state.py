"""What the admin site shows of the live model."""

import contextlib
from typing import Any

from django import template

from predictions import registry

register = template.Library()


@register.inclusion_tag("admin/predictions/modelversion/_stand_in.html", takes_context=True)
def stand_in_notice(context: template.Context) -> dict[str, Any]:
    """Show which version reads in place of the live one, to staff who may see model versions. One query."""
    request = context["request"]
    serving = None
    if request.user.has_perm("predictions.view_modelversion"):
        with contextlib.suppress(registry.NoModel):
            serving = registry.serving()
    return {
        "serving": serving,
        "may_promote": request.user.has_perm("predictions.change_modelversion"),
        "csrf_token": context.get("csrf_token"),
    }
