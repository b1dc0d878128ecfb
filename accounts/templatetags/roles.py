"""What a user may do, for templates."""

from typing import Any

from django import template

from accounts import roles

register = template.Library()


@register.filter
def may_review(user: Any) -> bool:
    """Return whether somebody may review; False for a page without a user."""
    return bool(user) and roles.may_review(user)
