"""Addresses that only act: whatever comes to them but a post is led to the page that they belong to."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

NOT_DONE = "not-done"
View = Callable[..., HttpResponse]


def act_of(page: str, *names: str) -> Callable[[View], View]:
    """Let whoever is logged in act by a post; lead others to `page`, which takes those arguments of these `names`.

    Whose session had ended logs in first, and is told on `page` that nothing was done.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def act(request: HttpRequest, **given: Any) -> HttpResponse:
            is_known = request.user.is_authenticated
            if request.method == "POST":
                return view(request, **given) if is_known else redirect_to_login(f"{request.path}?{NOT_DONE}")
            if is_known and NOT_DONE in request.GET:
                text = _("You were no longer logged in, so this was not done. You may do it again now.")
                messages.warning(request, text)
            return redirect(page, **{name: given[name] for name in names})

        return act

    return decorate
