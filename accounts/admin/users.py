"""The office's form of a person: our two groups let in, and the last superuser stays one."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import ROLES

POWERS = ("is_superuser", "is_staff", "is_active")  # without one of them, nobody opens the whole office


class UserForm(UserChangeForm):
    """Django's, but whoever is put in a group of ours is staff, and the last superuser keeps every power."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].help_text = _("Reviewer and admin let a person into the office: they are staff.")

    def clean(self) -> dict[str, Any]:
        """Tick staff for our groups; raises ValidationError if no superuser would be left."""
        cleaned = super().clean() or self.cleaned_data
        if any(group.name in ROLES for group in cleaned.get("groups", ())):
            cleaned["is_staff"] = True
        if not all(cleaned.get(power, True) for power in POWERS) and leaves_no_superuser([self.instance]):
            raise ValidationError(_("The last superuser cannot lose superuser status, staff status or be inactive."))
        return cleaned


def leaves_no_superuser(going: Iterable[User]) -> bool:
    """Return whether there is a superuser who can log in to the office, but none apart from those of `going`."""
    last = {user.pk for user in going if user.is_superuser}
    if not last:
        return False
    able = set(User.objects.filter(**dict.fromkeys(POWERS, True)).values_list("pk", flat=True))
    return bool(able) and able <= last
