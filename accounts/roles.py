"""The two groups and what each may. Said here and nowhere else: `prepare` sets it anew at every start."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

REVIEWER, ADMIN = "reviewer", "admin"
ROLES = (REVIEWER, ADMIN)

_REVIEWS = ("view_submission", "change_submission", "view_prediction", "view_review", "add_review")
_MAY: dict[str, Q] = {
    REVIEWER: Q(content_type__app_label="predictions", codename__in=_REVIEWS),
    # Neither groups, the mail's words nor allauth's addresses: each would lead to a superuser's account.
    ADMIN: Q(content_type__app_label__in=("accounts", "predictions"))
    | Q(content_type__app_label="post_office", codename="view_email"),
}


def make_roles() -> None:
    """Make the groups with exactly their permissions. Needs a migrated database; safe to repeat."""
    with transaction.atomic():
        for name, may in _MAY.items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(Permission.objects.filter(may))
