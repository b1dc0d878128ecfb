"""Mails that tell people what somebody else, or another browser, did to their account."""

from typing import Any

from allauth.account.adapter import get_adapter


def send(template: str, email: str, **context: Any) -> None:
    """Queue the mail templates/account/email/TEMPLATE to `email`, if there is one, in the caller's transaction."""
    if email:
        get_adapter().render_mail(f"account/email/{template}", email, context).send()  # needs no request
