"""Groups, tokens and mail in Django's admin."""

from typing import Any

from allauth.account import admin as _addresses  # noqa: F401  # imported first, so that it can be unregistered
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa import admin as _factors  # noqa: F401  # imported first, so that it can be unregistered
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _linked  # noqa: F401  # as above
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions import admin as _sessions  # noqa: F401  # likewise
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from post_office import admin as _registered  # noqa: F401  # imported first, so that it can be unregistered
from post_office.models import Attachment, Email, EmailTemplate, Log

from accounts import audit
from accounts.admin.base import TICKED, CountedDeletionAdmin, TolerantListAdmin, ViewOnlyAdmin, actor, named
from accounts.admin.groups import PermissionsByTable, allowed
from accounts.admin.users import may_touch
from accounts.models import ApiToken
from accounts.roles import ROLES
from accounts.tokens import revoke

admin.site.unregister([Group, Attachment, Email, EmailTemplate, Log, UserSession])
admin.site.unregister(Authenticator)  # it would show secrets; the page of a user lists what they have
admin.site.unregister([SocialAccount, SocialApp, SocialToken])  # each would give access to a superuser's account
for _address in (EmailAddress, EmailConfirmation):  # which one is registered depends on a setting
    if admin.site.is_registered(_address):
        admin.site.unregister(_address)


@admin.register(Group)
class RoleAwareGroupAdmin(CountedDeletionAdmin, GroupAdmin):
    """Django's groups, with permissions by table. The groups reviewer and admin are view-only.

    `roles` sets those two at every start.
    """

    filter_horizontal = []
    formfield_overrides = TICKED
    readonly_fields = ["may"]

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ["name", "may" if _is_ours(obj) else "permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_ours(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_ours(obj)

    def log_addition(self, request: HttpRequest, obj: Group, message: Any) -> Any:
        """Record that a group was added, in Django's log and in the audit log."""
        audit.record(actor(request), "group.added", obj.name)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Group, message: Any) -> Any:
        audit.record(actor(request), "group.changed", obj.name, permissions=list(map(str, obj.permissions.all())))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Group]) -> Any:
        for group in queryset:
            audit.record(actor(request), "group.deleted", group.name)
        return super().log_deletions(request, queryset)

    @admin.display(description=_("permissions"))
    def may(self, group: Group) -> SafeString:
        """Return a group's permissions, one line for each table. One query."""
        return format_html_join(mark_safe("<br>"), "{}: {}", allowed(group))  # nosec B308

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest | None = None, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name != "permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return PermissionsByTable(self.admin_site)


def _is_ours(group: Group | None) -> bool:
    return group is not None and group.name in ROLES


@admin.register(Email)
class EmailAdmin(ViewOnlyAdmin):
    """Whether mail is delivered, and why not. Never its text, which holds links that open accounts."""

    made_at = named("created", _("created at"))
    due_at = named("scheduled_time", _("due at"))
    retries = named("number_of_retries", _("retries"))
    fields = ["to", "subject", "status", "made_at", "due_at", "retries", "last_error"]
    list_display = ["made_at", "to", "subject", "status", "retries"]
    list_filter = ["status"]
    date_hierarchy = "created"
    change_form_template = "admin/change_form.html"  # post_office's own offers to resend

    @admin.display(description=_("last error"))
    def last_error(self, email: Email) -> str:
        log = email.logs.order_by("-date").first()
        return log.message if log else ""


@admin.register(ApiToken)
class ApiTokenAdmin(TolerantListAdmin):
    """Tokens can be viewed and revoked; only their owner can create one."""

    owner = named("user", _("owner"))
    begins = named("token_key", _("starts with"))
    made_at = named("created", _("created at"))
    expires_at = named("expiry", _("expires"))
    list_display = ["name", "owner", "begins", "scopes", "made_at", "expires_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    fields = ["name", "owner", "begins", "scopes", "made_at", "expires_at", "last_used_at"]
    readonly_fields = ["owner", "begins", "made_at", "expires_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request.user, obj and obj.user)

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Revoke a token and record it in the audit log."""
        revoke(obj, by=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.select_related("user"):
            self.delete_model(request, token)
