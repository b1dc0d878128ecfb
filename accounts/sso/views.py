"""The way to the provider of single sign-on and back. Whatever the provider does, a plain page is the answer."""

import hashlib
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from accounts.sso.adapter import PROVIDER

logger = logging.getLogger(__name__)

SIGNED_BY = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

View = Callable[..., HttpResponse]


class CheckedTokens(OpenIDConnectOAuth2Adapter):
    """allauth's, which also checks who the provider says it is, and the ID token's signature, algorithm and nonce.

    Both answers must be about the same person.
    """

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself. Raises OAuth2Error if it claims to be another one."""
        config: dict[str, Any] = super().openid_config
        if str(config["issuer"]).rstrip("/") != settings.OIDC_URL:
            raise OAuth2Error("the provider names another issuer")
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who came back. Raises OAuth2Error for a token that is missing, wrong or of somebody else."""
        text = kwargs["response"].get("id_token")
        if not text:
            raise OAuth2Error("no id_token")
        if jwt.get_unverified_header(text).get("alg") not in SIGNED_BY:  # never "none", nor a shared secret
            raise OAuth2Error("the id_token is signed by no algorithm that counts")
        self.did_fetch_access_token = False  # allauth checks no signature then
        id_token = self._decode_id_token(app, text)
        if not constant_time_compare(str(id_token.get("nonce", "")), _nonce_of(request.GET["state"])):
            raise OAuth2Error("the id_token is of another log-in")
        userinfo = self._fetch_user_info(token.token)
        if not id_token.get("sub") or id_token["sub"] != userinfo.get("sub"):
            raise OAuth2Error("the userinfo is about somebody else")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": userinfo, "id_token": id_token})


def _nonce_of(state: str) -> str:
    """Return the nonce of a way to the provider; `state` is random, and only one browser's session takes it, once."""
    return hashlib.sha256(f"accounts.sso.nonce {state}".encode()).hexdigest()


def if_set_up(view: View) -> View:
    """Wrap a page of single sign-on: 404 where it is not set up."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.OIDC_URL or kwargs.get("provider_id", PROVIDER) != PROVIDER:
            raise Http404
        return view(request, *args, **kwargs)

    return page


def _plainly(view: View) -> View:
    """Wrap a view that asks the provider: what goes wrong there is logged, and answered by a page."""

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except (RequestException, OAuth2Error) as error:  # goes to the log
            logger.warning("single sign-on failed: %s", type(error).__name__)
        except (KeyError, TypeError, ValueError, AttributeError):  # goes to the log: what came may have any shape
            logger.exception("single sign-on failed")
        return render(request, "socialaccount/authentication_error.html", status=502)

    return answer


@never_cache
@if_set_up
@require_POST
@_plainly
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider, with a nonce that its ID token must repeat."""
    answer: HttpResponse = OAuth2LoginView.adapter_view(CheckedTokens(request, provider_id))(request)
    if states := parse_qs(urlsplit(answer.get("Location", "")).query).get("state"):
        answer["Location"] += "&" + urlencode({"nonce": _nonce_of(states[0])})
    return answer


@never_cache
@if_set_up
@require_GET
@_plainly
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Log in whom the provider names, or lead to the sign-up."""
    return OAuth2CallbackView.adapter_view(CheckedTokens(request, provider_id))(request)
