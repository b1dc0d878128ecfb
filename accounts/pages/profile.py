"""Profile: the name, the email address and preferences. Data: what one's drawings are used for."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.forms import PreferencesForm, TrainingForm
from accounts.identity import email_addresses
from accounts.pages import user_of
from accounts.post_only import post_only


@login_required
@never_cache
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """Show the user's name, address and preferences. Three queries."""
    user = user_of(request)
    context = {
        "unconfirmed": email_addresses.unconfirmed(user),
        "form": PreferencesForm(instance=user),
        "languages": settings.LANGUAGES,
    }
    return render(request, "accounts/profile.html", context)


@post_only("profile")
def save_preferences(request: HttpRequest) -> HttpResponse:
    """Store what the user prefers. Only yes or no, which any form can set."""
    return _save(request, PreferencesForm(request.POST, instance=user_of(request)), "profile")


@login_required
@never_cache
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Show who sees the user's drawings and whether they train models."""
    return render(request, "accounts/data.html", {"form": TrainingForm(instance=user_of(request))})


@post_only("account_data")
def save_training(request: HttpRequest) -> HttpResponse:
    """Store whether the user's new drawings may train models."""
    return _save(request, TrainingForm(request.POST, instance=user_of(request)), "account_data")


def _save(request: HttpRequest, form: ModelForm, page: str) -> HttpResponse:
    with transaction.atomic():
        user = form.save()
        if "may_train" in form.changed_data:
            audit.record(user, "user.may_train", user, may_train=user.may_train)
    messages.success(request, _("Your preferences were saved."))
    return redirect(page)
