"""Sign-up, invitations and email change where allauth's views fall short. `accounts.pages` has the other pages."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.views import EmailView, PasswordChangeView, SignupView
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.factors import policy
from accounts.identity import email_addresses
from accounts.models import User
from accounts.pages import user_of
from accounts.sign_up import invitations, modes


class SignUp(SignupView):
    """allauth's sign-up, for invitations too, with a form error if another request takes the name meanwhile."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"invitation": invitations.of_session(self.request)}

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Create the account, or validate again after a unique constraint failed."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except invitations.InvitationGone:
            return invitation_gone(self.request)
        except IntegrityError:
            form.full_clean()
            if form.is_valid():
                raise  # another constraint
            return self.form_invalid(form)


@never_cache
@require_GET
def open_invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Lead somebody who opens an invitation to the sign-up. It is not used yet: programs that scan mail open it too."""
    if not modes.takes_invitations() or not invitations.keep(request, code):
        return invitation_gone(request)
    return redirect("account_signup")


def invitation_gone(request: HttpRequest) -> HttpResponse:
    """Say that an invitation cannot be used."""
    return render(request, "account/invitation_gone.html", status=410)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def no_mail(request: HttpRequest, **_given: Any) -> HttpResponse:
    """Say, in place of the pages that need mail, that this site sends none."""
    return render(request, "account/no_mail.html")


class ChangePassword(PasswordChangeView):
    """allauth's view, which asks those who have a second factor for it first."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User) and policy.has_factor(request.user):
            raise_if_reauthentication_required(request, app="allauth.account")
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer


class ChangeEmail(EmailView):
    """allauth's view, which also shows a current address that was never confirmed."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Handle the form.

        Raises:
            PermissionDenied: for allauth's action that makes an unconfirmed address the current one.
        """
        if "action_primary" in request.POST:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the unconfirmed address, and whether the current one could be kept instead."""
        user = user_of(self.request)
        unconfirmed = (email_addresses.unconfirmed(user) or [""])[-1]
        can_keep = bool(user.email and unconfirmed) and not email_addresses.is_current(user, unconfirmed)
        return super().get_context_data(**kwargs) | {"unconfirmed": unconfirmed, "can_keep": can_keep}
