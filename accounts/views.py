"""Sign-up and email change where django-allauth's views fall short. `accounts.pages` has the other pages."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.views import EmailView, SignupView
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.identity import email_addresses
from accounts.pages import user_of


class SignUp(SignupView):
    """allauth's sign-up, with a form error if another request takes the name or the address meanwhile."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Create the account, or validate again after a unique constraint failed."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.full_clean()
            if form.is_valid():
                raise  # another constraint
            return self.form_invalid(form)


class ChangeEmail(EmailView):
    """allauth's view, which also shows a current address that was never confirmed."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Handle the form.

        Raises:
            PermissionDenied: for allauth's action that makes an unconfirmed address the current one.
        """
        if "action_primary" in request.POST:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the unconfirmed address, and whether the current one could be kept instead."""
        user = user_of(self.request)
        unconfirmed = (email_addresses.unconfirmed(user) or [""])[-1]
        can_keep = bool(user.email and unconfirmed) and not email_addresses.is_current(user, unconfirmed)
        return super().get_context_data(**kwargs) | {"unconfirmed": unconfirmed, "can_keep": can_keep}
