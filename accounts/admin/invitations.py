"""Invitations in the admin: made there, with the link shown once, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import TolerantListAdmin, actor
from accounts.models import Invitation
from accounts.sign_up import invitations, modes


class InvitationForm(forms.ModelForm):
    """A new invitation; its link is mailed if there is an address."""

    days = forms.IntegerField(
        label=_("Days until it expires"),
        initial=invitations.LIFETIME_DAYS,
        min_value=1,
        max_value=invitations.MOST_DAYS,
    )

    class Meta:
        model = Invitation
        fields = ["email", "role"]
        help_texts = {
            "email": _(
                "The link is sent there, and the account can have no other address at first. Empty: only show it."
            ),
            "role": _("The new account joins this group."),
        }


@admin.register(Invitation)
class InvitationAdmin(TolerantListAdmin):
    """Invitations can be made, viewed and, until they are used, revoked. Only a superuser gives a role with one."""

    form = InvitationForm
    list_display = ["__str__", "state", "role", "made_by", "made_at", "expires_at", "used_by"]
    list_select_related = ["made_by", "used_by"]
    search_fields = ["email", "made_by__username", "used_by__username"]

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.used_at:
            return str(_("used"))
        return str(_("expired") if invitation.expires_at <= timezone.now() else _("open"))

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        if obj:
            return ["email", "role", "state", "made_by", "made_at", "expires_at", "used_by", "used_at"]
        fields = ["email"] if modes.has_mail() else []
        return [*fields, "role", "days"] if request.user.is_superuser else [*fields, "days"]

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.get_fields(request, obj) if obj else []

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Offer one button: whatever is pressed, the answer is the page with the link."""
        context = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, context | (extra_context or {}))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.used_at)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Make the invitation, and keep its link for the page that answers this request alone."""
        made, link = invitations.make(actor(request), obj.email, obj.role, form.cleaned_data["days"])
        obj.pk, obj.code_hash = made.pk, made.code_hash
        request.invitation_link = link  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: Any = None) -> HttpResponse:
        """Show the link once; neither the session nor an address holds it."""
        context = self.admin_site.each_context(request) | {
            "title": _("The invitation was made"),
            "link": request.invitation_link,  # type: ignore[attr-defined]
            "invitation": obj,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/accounts/invitation/made.html", context, status=201)

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        """Revoke an invitation and record it in the audit log."""
        invitations.revoke(obj, by=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset.filter(used_at=None):
            self.delete_model(request, invitation)
