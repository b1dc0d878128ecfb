"""Limits on how often a form is sent from one address. Other methods change nothing, so they are not counted."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.limits import counts
from accounts.limits.counts import Count
from accounts.limits.networks import client_network

View = Callable[..., HttpResponse]


def limit_posts(name: str, view: View) -> View:
    """Wrap the page with this name, if it is limited: above the limit, a POST is answered 429, whatever it holds."""
    windows = {
        "account_signup": lambda: (settings.SIGN_UPS_PER_MINUTE, 60),
        "openid_connect_login": lambda: (600, 60 * 60),  # each asks the provider
        "socialaccount_signup": lambda: (settings.SIGN_UPS_PER_MINUTE, 60),
        "account_reset_password": lambda: (50, 60 * 60),
        "account_reset_password_from_key": lambda: (50, 60 * 60),
    }
    if name not in windows:
        return view

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and (wait_s := counts.add(Count(name, client_network(request), *windows[name]()))):
            answer = render(request, "429.html", status=429)
            answer["Retry-After"] = str(wait_s)
            return answer
        return view(request, *args, **kwargs)

    return limited
