"""Sign-up and e-mail where allauth's pages fall short; the profile: who one is, and one's API tokens."""

from typing import Any

from allauth.account.forms import SignupForm
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

from accounts import email_addresses
from accounts.forms import TokenForm
from accounts.models import ApiToken, User
from accounts.post_only import act_of
from accounts.tokens import NameTaken, TooManyTokens, create_token, revoke


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  # login_required has seen to it; this tells the types
    return request.user


def _profile(request: HttpRequest, form: TokenForm) -> HttpResponse:
    tokens = list(ApiToken.objects.filter(user=_user(request)))
    here = {
        "unconfirmed": email_addresses.unconfirmed(_user(request)),
        "tokens": tokens,
        "is_full": len(tokens) >= settings.TOKENS_LIMIT,
        "form": form,
        "languages": settings.LANGUAGES,
    }
    return render(request, "accounts/profile.html", here)


@login_required
@never_cache
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Show who one is and one's tokens. Four queries, whatever their number."""
    return _profile(request, TokenForm())


class SignUp(SignupView):
    """allauth's page, which has a sentence also for whoever comes second by a moment."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Make the account; if somebody takes the name or the address meanwhile, say what the form says of that."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.full_clean()
            if form.is_valid():
                raise  # it was something else
            return self.form_invalid(form)


class ChangeEmail(EmailView):
    """allauth's page, which tells of the present address even if it was never confirmed."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do what the page offers. Raises PermissionDenied for what allauth would do besides.

        It would make an address the present one that nobody has confirmed: only the mailed link does.
        """
        if "action_primary" in request.POST:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address whose link can be sent again, and whether one could stay with the present one instead."""
        user = _user(self.request)
        unconfirmed = (email_addresses.unconfirmed(user) or [""])[-1]
        may_stay = bool(user.email and unconfirmed) and not email_addresses.is_present(user, unconfirmed)
        return super().get_context_data(**kwargs) | {"unconfirmed": unconfirmed, "may_stay": may_stay}


@never_cache
@act_of("profile")
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once: it is in no address and no session, and the page is not to be kept."""
    user = _user(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile(request, form)
    try:
        text = create_token(user, form.cleaned_data["name"], form.lives())
    except NameTaken:  # as when the page is sent again
        form.add_error("name", _("You have a token of this name already."))
        return _profile(request, form)
    except TooManyTokens:
        form.add_error(None, _("You have as many tokens as one person may have. Revoke one that you no longer need."))
        return _profile(request, form)
    return render(request, "accounts/token.html", {"text": text, "name": form.cleaned_data["name"]}, status=201)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def revoke_token(request: HttpRequest, token_key: str) -> HttpResponse:
    """Ask, then revoke one's own token; anybody else's is not found."""
    token = get_object_or_404(ApiToken, user=_user(request), token_key=token_key)
    if request.method == "GET":
        return render(request, "accounts/revoke.html", {"token": token})
    revoke(token, by=_user(request))
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("profile")
