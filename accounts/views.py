"""Sign-up and email change where allauth's views fall short; the profile page and API tokens."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.views import EmailView, SignupView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import audit
from accounts.forms import PreferencesForm, TokenForm
from accounts.identity import email_addresses
from accounts.models import ApiToken, User
from accounts.post_only import post_only
from accounts.sign_up import invitations, modes
from accounts.tokens import NameTaken, TooManyTokens, create_token, revoke


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  # login_required ensures it; for mypy
    return request.user


def _profile(request: HttpRequest, form: TokenForm) -> HttpResponse:
    tokens = list(ApiToken.objects.filter(user=_user(request)))
    context = {
        "unconfirmed": email_addresses.unconfirmed(_user(request)),
        "tokens": tokens,
        "is_full": len(tokens) >= settings.TOKENS_LIMIT,
        "form": form,
        "preferences": PreferencesForm(instance=_user(request)),
        "languages": settings.LANGUAGES,
    }
    return render(request, "accounts/profile.html", context)


@login_required
@never_cache
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Show the user's name, address and tokens. Four queries, however many tokens."""
    return _profile(request, TokenForm())


@post_only("profile")
def save_preferences(request: HttpRequest) -> HttpResponse:
    """Store what the user prefers. Only yes or no, which any form can set."""
    form = PreferencesForm(request.POST, instance=_user(request))
    with transaction.atomic():
        user = form.save()
        if "may_train" in form.changed_data:
            audit.record(user, "user.may_train", user.get_username(), may_train=user.may_train)
    messages.success(request, _("Your preferences were saved."))
    return redirect("profile")


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
        user = _user(self.request)
        unconfirmed = (email_addresses.unconfirmed(user) or [""])[-1]
        can_keep = bool(user.email and unconfirmed) and not email_addresses.is_current(user, unconfirmed)
        return super().get_context_data(**kwargs) | {"unconfirmed": unconfirmed, "can_keep": can_keep}


@never_cache
@post_only("profile")
def make_token(request: HttpRequest) -> HttpResponse:
    """Create a token and show its text once; neither the session nor any URL holds it.

    An unattended session gets none: the password must have been entered lately, and the owner gets a mail.
    """
    user = _user(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile(request, form)
    raise_if_reauthentication_required(request, app="allauth.account")
    name = form.cleaned_data["name"]
    try:
        with transaction.atomic():
            text = create_token(user, name, form.lifetime())
            get_adapter().send_notification_mail("account/email/token_created", user, {"name": name}, user.email)
    except NameTaken:  # for instance, the form was sent twice
        form.add_error("name", _("You already have a token with this name. Choose another name."))
        return _profile(request, form)
    except TooManyTokens:
        form.add_error(None, _("You have reached the maximum number of tokens. Revoke one that you no longer need."))
        return _profile(request, form)
    return render(request, "accounts/token.html", {"text": text, "name": name}, status=201)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def revoke_token(request: HttpRequest, token_key: str) -> HttpResponse:
    """Ask for confirmation on GET, revoke on POST. 404 for a token of another user."""
    token = get_object_or_404(ApiToken, user=_user(request), token_key=token_key)
    if request.method == "GET":
        return render(request, "accounts/revoke.html", {"token": token})
    revoke(token, by=_user(request))
    messages.success(request, _("Token “%(name)s” revoked.") % {"name": token.name})
    return redirect("profile")
