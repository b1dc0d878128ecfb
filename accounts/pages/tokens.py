"""API tokens: the list, a new one, and its end."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.pages import user_of
from accounts.post_only import post_only, with_form
from accounts.tokens import NameTaken, TooManyTokens, create_token, revoke


def _list(request: HttpRequest, form: TokenForm) -> HttpResponse:
    tokens = list(ApiToken.objects.filter(user=user_of(request)))
    context = {"tokens": tokens, "is_full": len(tokens) >= settings.TOKENS_LIMIT, "form": form}
    return render(request, "accounts/tokens.html", context)


@post_only("tokens")
def _make(request: HttpRequest) -> HttpResponse:
    """Create a token and show its text once; neither the session nor any URL holds it.

    An unattended session gets none: the password must have been entered lately, and the owner gets a mail.
    """
    user = user_of(request)
    form = TokenForm(request.POST, user=user)
    if not form.is_valid():
        return _list(request, form)
    raise_if_reauthentication_required(request, app="allauth.account")
    name = form.cleaned_data["name"]
    try:
        with transaction.atomic():
            text = create_token(user, name, form.lifetime(), form.cleaned_data["access"])
            get_adapter().send_notification_mail("account/email/token_created", user, {"name": name}, user.email)
    except NameTaken:  # for instance, the form was sent twice
        form.add_error("name", _("You already have a token with this name. Choose another name."))
        return _list(request, form)
    except TooManyTokens:
        form.add_error(None, _("You have reached the maximum number of tokens. Revoke one that you no longer need."))
        return _list(request, form)
    context = {"text": text, "name": name, "public_url": settings.PUBLIC_URL}
    return render(request, "accounts/token.html", context, status=201)


@with_form(_make)
def tokens(request: HttpRequest) -> HttpResponse:
    """List the user's tokens on GET, create one on POST. Three queries, however many tokens."""
    return _list(request, TokenForm(user=user_of(request)))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def revoke_token(request: HttpRequest, token_key: str) -> HttpResponse:
    """Ask for confirmation on GET, revoke on POST. 404 for a token of another user."""
    token = get_object_or_404(ApiToken, user=user_of(request), token_key=token_key)
    if request.method == "GET":
        return render(request, "accounts/revoke.html", {"token": token})
    revoke(token, by=user_of(request))
    messages.success(request, _("Token “%(name)s” revoked.") % {"name": token.name})
    return redirect("tokens")
