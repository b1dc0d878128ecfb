"""django-allauth's adapter for single sign-on: one provider, from the settings, and entries in the audit log.

An account is linked by the person alone, logged in on their account page: never by an address, which the provider's
users may be able to choose. Nothing that the provider says changes an account that exists.
"""

import logging
from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.identity import email_addresses
from accounts.models import User

logger = logging.getLogger(__name__)

PROVIDER = "sso"  # in addresses, and in the table of linked accounts
_LINKED = "socialaccount/email/account_connected"  # allauth's mails: the one, or that the link was removed


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """allauth's default behaviour with our changes."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Set a password first: without it you could not log in any more."),
        "no_verified_email": _("Confirm an email address first: without it you could not reset your password."),
    }

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Return the provider of the settings. allauth's table of others is not used."""
        apps = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for found in apps.values() for app in found]

    def get_requests_session(self) -> requests.Session:
        """Return a session that follows no redirect: the provider must be where the settings say."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Record who came back from the provider. A second factor may still be asked for."""
        if sociallogin.is_existing and sociallogin.state.get("process") == "login":
            audit.record(sociallogin.user, "login.sso", sociallogin.user)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **details: Any) -> None:
        """Log why somebody could not log in; the page says only that it failed."""
        logger.warning("single sign-on failed: %s %s", details.get("error"), type(details.get("exception")).__name__)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None) -> User:
        """Create an account without a password.

        The provider's address becomes its own if the provider has verified it and no other account has it. Another one
        is pending, as at a sign-up by form.
        """
        found = sociallogin.email_addresses[:1]
        sociallogin.email_addresses = []
        user: User = super().save_user(request, sociallogin, form)
        for address in found if settings.ACCOUNT_EMAIL_VERIFICATION != "none" else []:
            email = address.email.lower()
            is_theirs = address.verified is True and not email_addresses.is_of_another(user, email)
            EmailAddress.objects.create(user=user, email=email, verified=is_theirs, primary=is_theirs)
            if is_theirs:
                user.email = email
                user.save(update_fields=["email"])
        audit.record(user, "sso.linked", user)
        return user

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Suggest a name; keep neither the real name nor, at first, the address."""
        user: User = super().populate_user(request, sociallogin, {"username": str(data.get("username") or "")})
        return user

    def send_notification_mail(self, template: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Tell the person that an account of the provider was linked or unlinked, and record it."""
        audit.record(user, "sso.linked" if template == _LINKED else "sso.unlinked", user)
        super().send_notification_mail(template, user, *args, **kwargs)
