"""The form of a user: members of our two groups become staff, and the last superuser keeps that status.

Nobody but a superuser changes a user who may do more than they themselves, or grants more than they have.
"""

from typing import Any

from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import POWERS, ROLES, leaves_no_superuser


class UserForm(UserChangeForm):
    """Django's user form; members of our groups become staff, and the last superuser cannot be demoted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].help_text = _(
                "Members of the groups reviewer and admin become staff and can open the admin site."
            )

    def clean(self) -> dict[str, Any]:
        """Set staff for members of our groups. Raises ValidationError if no superuser would be left."""
        cleaned = super().clean() or self.cleaned_data
        if any(group.name in ROLES for group in cleaned.get("groups", ())):
            cleaned["is_staff"] = True
        if not all(cleaned.get(power, True) for power in POWERS) and leaves_no_superuser([self.instance]):
            raise ValidationError(_("The last superuser must stay a superuser, staff and active."))
        return cleaned


def permissions_of(user: User | AnonymousUser) -> QuerySet[Permission]:
    """Return the permissions of a user by groups or directly, also of one who is deactivated."""
    return Permission.objects.filter(Q(user=user.pk) | Q(group__user=user.pk))


def may_touch(by: User | AnonymousUser, user: User | None) -> bool:
    """Return whether `by` may act on `user`'s account: a superuser, or nobody with less than `user` has. One query."""
    if user is None or by.is_superuser:
        return True
    return not user.is_superuser and not permissions_of(user).exclude(pk__in=permissions_of(by)).exists()
