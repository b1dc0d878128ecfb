"""The two groups and their permissions, which `manage.py prepare` resets at every start."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import transaction
from django.db.models import Q

from accounts.factors import policy
from accounts.models import User

REVIEWER, ADMIN = "reviewer", "admin"
ROLES = (REVIEWER, ADMIN)
POWERS = ("is_superuser", "is_staff", "is_active")  # a superuser needs all of them

_REVIEW_PERMISSIONS = ("view_submission", "change_submission", "view_prediction", "view_review", "add_review")
_PERMISSIONS: dict[str, Q] = {
    REVIEWER: Q(content_type__app_label="predictions", codename__in=_REVIEW_PERMISSIONS),
    # Not groups, the text of mails or allauth's addresses: each would give access to a superuser's account.
    ADMIN: Q(content_type__app_label__in=("accounts", "predictions"))
    | Q(content_type__app_label="post_office", codename="view_email"),
}


def make_roles() -> None:
    """Create the groups, or reset their permissions. Needs a migrated database; idempotent."""
    with transaction.atomic():
        for name, condition in _PERMISSIONS.items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(Permission.objects.filter(condition))


def may_see_names(user: User | AnonymousUser) -> bool:
    """Return whether somebody may see whose a drawing is, and who reviewed it. Reviewers need neither."""
    return user.has_perm("accounts.view_user")


def may_review(user: User | AnonymousUser) -> bool:
    """Return whether somebody may review the drawings of others. Queries only for staff, once a request."""
    return is_reviewer(user) and not policy.is_missing(user)


def is_reviewer(user: User | AnonymousUser) -> bool:
    """Return whether somebody has the permissions to review, though a second factor that they need may be missing."""
    return user.is_staff and user.has_perms(["predictions.view_submission", "predictions.change_submission"])


def leaves_no_superuser(going: Iterable[User]) -> bool:
    """Return whether no superuser could log in any more without the users `going`."""
    last = {user.pk for user in going if user.is_superuser}
    if not last:
        return False
    able = set(User.objects.filter(**dict.fromkeys(POWERS, True)).values_list("pk", flat=True))
    return bool(able) and able <= last
