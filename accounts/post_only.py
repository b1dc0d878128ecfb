"""Addresses that only act: whatever comes to them but a post is led to the page that they belong to."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

NOT_DONE = "not-done"
View = Callable[..., HttpResponse]


def act_of(page: str, *names: str) -> Callable[[View], View]:
    """Let whoever is logged in act by a post; lead others to `page`, which takes those arguments of these `names`.

    Whose session had ended logs in first, and is told on `page` that nothing was done. What stands in the address,
    such as the history's filter, goes along.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def act(request: HttpRequest, **given: Any) -> HttpResponse:
            is_known = request.user.is_authenticated
            query = request.GET.dict()
            if request.method == "POST":
                if is_known:
                    return view(request, **given)
                return redirect_to_login(f"{request.path}?{urlencode(query | {NOT_DONE: ''})}")
            if query.pop(NOT_DONE, None) is not None and is_known:
                text = _("You were no longer logged in, so this was not done. You may do it again now.")
                messages.warning(request, text)
            address = reverse(page, kwargs={name: given[name] for name in names})
            return redirect(f"{address}?{urlencode(query)}" if query else address)

        return act

    return decorate
