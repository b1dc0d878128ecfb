"""Views that only take POST, and redirect GET to the page they belong to; pages whose form such a view takes."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

NOT_DONE = "not-done"  # in the query of the log-in's `next`
View = Callable[..., HttpResponseBase]


def post_only(page: str, *names: str) -> Callable[[View], View]:
    """Call the view for a POST of a logged-in user; redirect a GET to `page` with the view's arguments `names`.

    A user whose session has expired logs in first, and `page` then shows that nothing was changed. The query, such as
    a filter of the history, is kept.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def guarded(request: HttpRequest, **given: Any) -> HttpResponseBase:
            is_logged_in = request.user.is_authenticated
            query = request.GET.dict()
            if request.method == "POST":
                if is_logged_in:
                    return view(request, **given)
                return redirect_to_login(f"{request.path}?{urlencode(query | {NOT_DONE: ''})}")
            if query.pop(NOT_DONE, None) is not None and is_logged_in:
                text = _("You were no longer logged in, so nothing was changed. Try again now.")
                messages.warning(request, text)
            address = reverse(page, kwargs={name: given[name] for name in names})
            return redirect(f"{address}?{urlencode(query)}" if query else address)

        return guarded

    return decorate


def with_form(save: View) -> Callable[[View], View]:
    """Call the view for a GET of a logged-in user, and `save`, which is `post_only`, for a POST. Neither is cached."""

    def decorate(show: View) -> View:
        shown = login_required(show)

        @wraps(show)
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        def page(request: HttpRequest, **given: Any) -> HttpResponseBase:
            is_for_save = request.method == "POST" or NOT_DONE in request.GET
            return save(request, **given) if is_for_save else shown(request, **given)

        return page

    return decorate
