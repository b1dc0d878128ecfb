"""django-allauth's adapter: addresses in mails, redirects, error messages and entries in the audit log."""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from allauth.account import signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.factors import begun, policy
from accounts.guests import sessions as guest_sessions
from accounts.identity import access, email_addresses, hashing, names, session_store
from accounts.limits import devices
from accounts.limits.passwords import TooManyAttempts, begin_attempt, find_user
from accounts.models import User
from accounts.sign_up import invitations, modes

EMAIL_CHARS = 254  # as long as an address can be (RFC 5321), and the column of a user's


def _public(url: str) -> str:
    """Return `url` under PUBLIC_URL, so that a link in a mail does not depend on the Host header of the request."""
    return settings.PUBLIC_URL + urlsplit(url).path


def _is_named(user: User, name: str) -> bool:
    """Return whether this is the user's name or current address. allauth's table may hold pending or former ones."""
    return user.get_username().lower() == name.lower() or email_addresses.is_current(user, name)


class AccountAdapter(DefaultAccountAdapter):
    """allauth's default behaviour with our changes."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "duplicate_email": _("This is already your email address."),
        "email_password_mismatch": _("Wrong email address or password."),
        "enter_current_password": _("Wrong current password."),
        "incorrect_password": _("Wrong password."),
        "rate_limited": _("Too many attempts. Try again in a few minutes."),
        "too_many_login_attempts": _("Too many attempts. Try again in a few minutes."),
        "username_empty": _("A username needs at least one letter or digit."),
        "username_is_email": _("A username cannot be an email address."),
        "username_not_latin": _("Use only the letters a to z, with or without accents, digits, and @ . + - _"),
        "username_password_mismatch": _("Wrong username or password."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a mail. Links of allauth's own are put under PUBLIC_URL."""
        links = {name: _public(context[name]) for name in ("signup_url", "password_reset_url") if name in context}
        super().send_mail(template_prefix, email, context | links)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: EmailConfirmation, signup: bool) -> None:
        """Mail a link that confirms an address; if it is that of another account, tell its owner instead.

        Either is one mail to the address, after the same queries: what the page says does not tell which one.
        """
        address = emailconfirmation.email_address
        if email_addresses.is_of_another(address.user, address.email):
            self.send_account_already_exists_mail(address.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def respond_email_verification_sent(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Ask to confirm the address first; an account that was made without one has nothing to confirm."""
        if not user.email and not email_addresses.pending(user).exists():
            return None
        return super().respond_email_verification_sent(request, user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _public(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return _public(super().get_email_confirmation_url(request, emailconfirmation))

    def clean_email(self, email: str) -> str:
        """Refuse an address that no column can hold."""
        MaxLengthValidator(EMAIL_CHARS)(email)
        return str(super().clean_email(email))

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name in Unicode's NFKC form. Refuses one that looks like another; existing names keep working."""
        name: str = super().clean_username(unicodedata.normalize("NFKC", username), shallow)
        if not any(character.isalnum() for character in name):
            raise self.validation_error("username_empty")
        if "@" in name:  # what is no valid address yet, as x@host, may still be somebody's
            raise self.validation_error("username_is_email")
        if not names.is_latin(name):
            raise self.validation_error("username_not_latin")
        if not shallow and names.is_taken(name):
            raise self.validation_error("username_taken")
        return name

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return modes.is_open_for(request)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Create the account and record it in the audit log. Raises InvitationGone."""
        user = super().save_user(request, user, form, commit)
        if commit:
            audit.record(user, "user.signed_up", user)
            invitations.use(request, user)
        return user

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the user with this password whose name or current address is given, or None."""
        name = credentials.get("username") or credentials.get("email") or ""
        try:
            attempt = begin_attempt(request, name)
        except TooManyAttempts:
            raise self.validation_error("too_many_login_attempts") from None
        user: User | None = super().authenticate(request, **credentials)
        is_right = user is not None and _is_named(user, name)
        attempt.end(is_right=is_right)
        if not is_right:
            hashing.even_out(attempt.user, credentials.get("password") or "")
        if user is not None and not is_right:
            self.authentication_failed(request, **credentials)
        return user if is_right else None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing here: `authenticate` has."""

    def pre_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse | None:
        """Begin the log-in, which ends if the password changes before its last step."""
        begun.remember(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **details)
        return response

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        """Answer the log-in, and let the browser be known as one of the user's."""
        response: HttpResponse = super().post_login(request, user, **details)
        if policy.is_missing(user):
            response = policy.lead_to_setup(request)
        devices.remember(request, response, user)
        return response

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Return the ways to confirm who is there, the usual one first. One query, where allauth needs three.

        Who has a second factor confirms by it: with the password alone, an unattended session could remove it.
        """
        if not isinstance(user, User):
            return []
        types = policy.types_of(user)
        by_code = {"id": "mfa_reauthenticate", "description": _("Use a code"), "url": reverse("mfa_reauthenticate")}
        by_passkey = {
            "id": "mfa_reauthenticate:webauthn",
            "description": _("Use a passkey"),
            "url": reverse("mfa_reauthenticate_webauthn"),
        }
        if Authenticator.Type.WEBAUTHN in types:
            return [by_code, by_passkey] if Authenticator.Type.TOTP in types else [by_passkey, by_code]
        if Authenticator.Type.TOTP in types:
            return [by_code]
        by_password = {"id": "reauthenticate", "description": _("Password"), "url": reverse("account_reauthenticate")}
        return [by_password] if user.has_usable_password() else []

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a failed log-in. An unknown name is not recorded: it might be a password in the wrong field."""
        user = find_user(credentials.get("username") or credentials.get("email") or "")
        audit.record(None, "login.failed", user or "", about=user)

    def login(self, request: HttpRequest, user: User) -> None:
        """Log the user in and record it. What they drew as a guest stays with the session, which now lasts longer."""
        super().login(request, user)
        guest_sessions.let_session_last(request.session)
        session_store.begin(request.session, user)
        methods = [record["method"] for record in get_authentication_records(request, user)]
        audit.record(user, "user.logged_in", user, methods=methods)

    def logout(self, request: HttpRequest) -> None:
        """Log the user out and record it."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            audit.record(user, "user.logged_out", user)

    def set_password(self, user: User, password: str) -> None:
        """Change the password, by form or by a mailed link, and record it."""
        super().set_password(user, password)
        page = self.request.resolver_match.url_name
        is_by_link = page == "account_reset_password_from_key"
        audit.record(user, "password.reset" if is_by_link else "password.changed", user)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Keep the current address until a confirmed one replaces it."""
        return not email_addresses.is_current(email_address.user, email_address.email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the address, unless another account has taken it meanwhile."""
        before = email_address.user.email
        try:
            with transaction.atomic():
                if email_addresses.is_current(email_address.user, email_address.email):
                    is_confirmed = self._confirm_current(request, email_address)
                else:
                    is_confirmed = super().confirm_email(request, email_address)
        except IntegrityError:
            is_confirmed = False
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
        if is_confirmed:
            address = audit.Personal(email_address.email)
            audit.record(email_address.user, "email.confirmed", address, before=audit.Personal(before))
            is_other = request.user != email_address.user  # who signed up with the address may be somebody else
            if is_other and access.was_given(email_address.user):
                access.end_all(email_address.user, by=None)
                messages.info(request, _("All devices were logged out, and all API tokens ended."))
        return is_confirmed

    def _confirm_current(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the current address. allauth's own method would also delete a pending one."""
        email_address.verified = True
        email_address.set_as_primary()
        signals.email_confirmed.send(sender=EmailAddress, request=request, email_address=email_address)
        template = "account/messages/email_confirmed.txt"
        self.add_message(request, messages.SUCCESS, template, {"email": email_address.email})
        return True
