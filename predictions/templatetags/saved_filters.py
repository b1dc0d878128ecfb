"""The saved filters of one of the admin's lists."""

from typing import Any

from django import template

from predictions.models import SavedFilter

register = template.Library()


@register.inclusion_tag("admin/saved_filters.html", takes_context=True)
def saved_filters(context: template.Context) -> dict[str, Any]:
    """Show the user's and shared filters of this list as links, and a form to save the current one. One query."""
    from predictions.admin.saved_filters import clean_query  # once Django's admin is set up

    request, table = context["request"], context["cl"].opts.label_lower
    current = clean_query(request.GET.urlencode())
    rows = SavedFilter.objects.visible_to(request.user, table).select_related("owner").order_by("name", "pk")
    return {
        "saved": [(one, one.query == current, one.owner_id == request.user.pk) for one in rows],
        "table": table,
        "query": current,
        "is_superuser": request.user.is_superuser,
        "csrf_token": context.get("csrf_token"),
    }
