"""The table of users in Django's admin."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import audit, deletion
from accounts.admin import factors
from accounts.admin.base import TICKED, CountedDeletionAdmin, actor
from accounts.admin.users import UserForm, may_touch, permissions_of
from accounts.identity import access, email_addresses, notices
from accounts.models import User
from accounts.roles import ROLES, leaves_no_superuser

AUDITED = ("username", "is_staff", "is_superuser")  # with their values; more is recorded by actions of their own


@admin.register(User)
class RoleAwareUserAdmin(CountedDeletionAdmin, UserAdmin):
    """Django's users; only a superuser may grant or edit more than our roles."""

    form = UserForm
    list_display = ["username", "email", "roles", "is_staff", "is_superuser", "is_active", "last_login"]
    actions = ["end_access"]
    readonly_fields = ["last_login", "date_joined", "second_factors", "factor_removal"]
    filter_horizontal = []
    formfield_overrides = TICKED

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("groups"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    second_factors, factor_removal = factors.second_factors, factors.factor_removal

    def get_urls(self) -> list[Any]:
        return [*factors.urls(self), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out individual permissions (groups give them), and the password where it may not be changed."""
        fieldsets = [
            (title, {**options, "fields": [name for name in options["fields"] if name != "user_permissions"]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        if obj is not None:
            fieldsets.append((_("Second factors"), {"fields": factors.fields(request, obj)}))
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(None, {"fields": ["username"]}), *fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name == "groups" and not request.user.is_superuser:
            beyond = Permission.objects.exclude(pk__in=permissions_of(request.user))
            kwargs["queryset"] = Group.objects.filter(name__in=ROLES).exclude(permissions__in=beyond)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request.user, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Set the password of somebody else, which ends their access; one's own is changed with the old one."""
        user = self.get_object(request, unquote(id))
        if user is not None and user == request.user:
            return redirect("account_change_password")
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if user is not None and User.objects.filter(pk=user.pk).exclude(password=user.password).exists():
                audit.record(actor(request), "password.set", user, about=user)
                access.end_all(user, by=actor(request))
                notices.send("password_set_by_admin", user.email)
        return answer

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save a user, record it, and ask the owner of a new address to confirm it."""
        before = User.objects.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        by = actor(request)
        if before is None:
            audit.record(by, "user.added", obj, about=obj)
            return
        if before.is_active != obj.is_active:
            audit.record(by, "user.activated" if obj.is_active else "user.deactivated", obj, about=obj)
        changed = {field: getattr(obj, field) for field in AUDITED if getattr(before, field) != getattr(obj, field)}
        if "username" in changed:
            changed["username"] = audit.Personal(obj.get_username())
        if changed:
            former = obj if "username" not in changed else audit.Personal(before.get_username())
            audit.record(by, "user.changed", former, about=obj, **changed)
        if before.email.lower() != obj.email.lower():
            email_addresses.follow_admin(request, obj, before.email, by=by)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save a user's groups, and record which were added and removed."""
        groups = form.instance.groups.order_by("name").values_list("name", flat=True)
        before = list(groups.all())
        super().save_related(request, form, formsets, change)
        after = list(groups.all())
        if before != after:
            added, removed = ([x for x in one if x not in other] for one, other in ((after, before), (before, after)))
            by, about = actor(request), form.instance
            audit.record(by, "user.groups_changed", about, about=about, added=added, removed=removed)

    @admin.action(
        description=_("Log selected users out on all devices, and end their API tokens"), permissions=["change"]
    )
    def end_access(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End all sessions and tokens of others whom this person may change. One's own are ended on one's own pages."""
        found = [user for user in queryset.exclude(pk=actor(request).pk) if may_touch(request.user, user)]
        with transaction.atomic():
            for user in found:
                access.end_everywhere(user, by=actor(request))
        text = ngettext(
            "%(count)d user was logged out everywhere.", "%(count)d users were logged out everywhere.", len(found)
        )
        self.message_user(request, text % {"count": len(found)})

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Close an account at once and delete all that is its person's, as they can themselves."""
        self._delete(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._delete(request, *queryset)

    def _delete(self, request: HttpRequest, *users: User) -> None:
        try:
            deletion.delete(*users, by=actor(request))
        except deletion.LastSuperuser:  # the other one went after the page was shown
            raise PermissionDenied from None

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Refuse to delete the last superuser, with a message."""
        names, counts, missing, protected = super().get_deleted_objects(objs, request)
        if leaves_no_superuser(objs):
            self.message_user(request, _("The last superuser cannot be deleted."), messages.ERROR)
            protected = [*protected, *names]
        return names, counts, missing, protected
