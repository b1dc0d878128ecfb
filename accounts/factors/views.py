"""allauth's pages of second factors and passkeys, with entries in the audit log and a few rules of ours."""

import json
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base import views as base_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import audit
from accounts.factors import begun, codes, policy
from accounts.identity import access
from accounts.limits import counts, devices
from accounts.limits.counts import Count
from accounts.limits.networks import client_network
from accounts.models import User
from accounts.pages import user_of

INDEX = reverse_lazy("mfa_index")
Type = Authenticator.Type
BEGUN = (300, 60)  # log-ins by passkey from one address, seconds: a school may sit behind it


def _options(context: dict[str, Any], name: str) -> str:
    """Return what the script passes to the browser's passkey functions, as JSON."""
    return json.dumps(context["js_data"][name], cls=DjangoJSONEncoder)


class Adding:
    """Mixin for a page that adds a factor."""

    request: HttpRequest
    type: Authenticator.Type
    did_generate_recovery_codes: bool

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask for a confirmed address first."""
        if request.user.is_authenticated and not policy.may_add(user_of(request)):
            messages.error(request, _("Confirm your email address first. Then you can add a second factor."))
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a view's

    def form_valid(self, form: Any) -> HttpResponse:
        """Add the factor and record it. The first one ends other sessions: they were begun by the password alone."""
        user = User.objects.select_for_update(no_key=True).get(pk=user_of(self.request).pk)  # serializes requests
        if self.type == Type.TOTP and Authenticator.objects.filter(user=user, type=Type.TOTP).exists():
            return redirect("mfa_index")  # the form was sent twice
        is_first = not policy.has_factor(user)
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # a view's
        if self.type == Type.TOTP:
            codes.take_app_code(Authenticator.objects.get(user=user, type=Type.TOTP), form.cleaned_data["code"])
        is_passkey = self.type == Type.WEBAUTHN
        named: dict[str, Any] = {"name": audit.Personal(form.cleaned_data["name"])} if is_passkey else {}
        audit.record(user, "factor.added", user, type=self.type, **named)
        if self.did_generate_recovery_codes:
            audit.record(user, "recovery_codes.made", user)
        if is_first:
            access.end_other_sessions(self.request, user_of(self.request))
            devices.remember(self.request, answer, user_of(self.request))
        return answer


def _record_removal(user: User, factor: Authenticator) -> None:
    details: dict[str, Any] = {"name": audit.Personal(factor)} if factor.type == Type.WEBAUTHN else {}
    audit.record(user, "factor.removed", user, type=factor.type, **details)


@method_decorator(never_cache, name="dispatch")
class Index(base_views.IndexView):
    """What factors the user has."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = user_of(self.request)
        recovery = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
        return super().get_context_data(**kwargs) | {
            "codes_left": codes.count_left(recovery),
            "has_factor": policy.has_factor(user),
            "is_missing": policy.is_missing(user),
            "may_add": policy.may_add(user),
        }


class Authenticate(base_views.AuthenticateView):
    """The second step of a log-in."""

    def _build_forms(self) -> Any:
        """Begin the step. A password that was changed since the first one ends the log-in."""
        if not begun.is_current(self.request, self.stage.login.user):
            raise ImmediateHttpResponse(self.stage.abort())
        return super()._build_forms()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        types = policy.types_of(self.stage.login.user)
        options = _options(context, "request_options") if Type.WEBAUTHN in types else ""
        return context | {"has_app": Type.TOTP in types, "passkey_options": options}


class Reauthenticate(base_views.ReauthenticateView):
    """Confirm by a code who is there."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"has_app": Type.TOTP in policy.types_of(user_of(self.request))}


class ActivateTOTP(Adding, totp_views.ActivateTOTPView):
    type = Type.TOTP


class DeactivateTOTP(totp_views.DeactivateTOTPView):
    def form_valid(self, form: Form) -> HttpResponse:
        """Remove the app and record it."""
        _record_removal(user_of(self.request), self.authenticator)
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class ViewCodes(recovery_views.ViewRecoveryCodesView):
    """New recovery codes, shown once."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lock the codes, as showing them writes their row: a code used meanwhile must stay used."""
        list(Authenticator.objects.select_for_update().filter(user=user_of(self.request), type=Type.RECOVERY_CODES))
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["unused_codes"]
        return context | {"unused_codes": [f"{code[:5]}-{code[5:]}" for code in found], "codes_left": len(found)}


class MakeCodes(recovery_views.GenerateRecoveryCodesView):
    def form_valid(self, form: Form) -> HttpResponse:
        """Replace the recovery codes and record it."""
        answer = super().form_valid(form)
        user = user_of(self.request)
        audit.record(user, "recovery_codes.made", user)
        return answer


class AddPasskey(Adding, webauthn_views.AddWebAuthnView):
    type = Type.WEBAUTHN

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask the device for a passkey that can log in by itself, after a look at who holds it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": auth.begin_registration(user_of(self.request), passwordless=True)}
        return context | {"passkey_options": _options(context, "creation_options")}


class RenamePasskey(webauthn_views.EditWebAuthnView):
    success_url = INDEX


class RemovePasskey(webauthn_views.RemoveWebAuthnView):
    success_url = INDEX

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove the passkey and record it."""
        _record_removal(user_of(self.request), self.get_object())
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class LogInByPasskey(webauthn_views.LoginWebAuthnView):
    """Log in by a passkey alone, which is two factors in one: the device, and what unlocks it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin a log-in, which makes a session: so many from one address, then 429."""
        if wait_s := counts.add(Count("passkey_begin", client_network(request), *BEGUN)):
            return HttpResponse(status=429, headers={"Retry-After": str(wait_s)})
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        """Log in and record it."""
        answer = super().form_valid(form)
        if isinstance(self.request.user, User):  # not a deactivated account
            audit.record(self.request.user, "login.passkey", self.request.user)
        return answer


class ReauthenticateByPasskey(webauthn_views.ReauthenticateWebAuthnView):
    """Confirm by a passkey who is there."""

    def form_invalid(self, form: Form) -> HttpResponse:
        """Show the page again; allauth's own answer leads away from it."""
        for message in form.errors.get("credential", []):
            get_account_adapter().add_message(self.request, messages.ERROR, message=message)
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"passkey_options": _options(context, "request_options")}
