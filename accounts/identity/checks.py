"""System checks of accounts: each problem has an id and a hint."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from accounts.identity import common_passwords


@register()
def check_single_sign_on(**_: Any) -> list[CheckMessage]:
    """E008: single sign-on needs an issuer by https and a client id."""
    if not settings.OIDC_URL:
        return []
    url = urlsplit(settings.OIDC_URL)
    app: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]  # type: ignore[index]
    if (url.scheme == "https" or url.hostname in {"127.0.0.1", "localhost"}) and app["client_id"]:
        return []
    hint = "Write OIDC_URL=https://login.example.org, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or unset OIDC_URL."
    return [Error("OIDC_URL is no https address, or OIDC_CLIENT_ID is missing.", hint=hint, id="inkling.E008")]


@register()
def check_security_contact(**_: Any) -> list[CheckMessage]:
    """E020: the contact of security.txt is an address that a program can open, on one line."""
    contact = settings.SECURITY_CONTACT
    if not contact or (re.fullmatch(r"(https://|mailto:|tel:)\S+", contact)):
        return []
    hint = "Write SECURITY_CONTACT=mailto:security@example.org, or an https: address with a form or a page."
    return [Error(f"SECURITY_CONTACT, {contact!r}, is no address.", hint=hint, id="inkling.E020")]


@register()
def check_common_passwords(**_: Any) -> list[CheckMessage]:
    """E007: a list of common passwords that cannot be read refuses nothing."""
    path = settings.COMMON_PASSWORDS_FILE
    if not path:
        return []
    try:
        if common_passwords.read(path):
            return []
        reason = "it is empty"
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    hint = "Set it to a UTF-8 file with one password a line that every web process can read, plain or .gz, or unset it."
    return [Error(f"COMMON_PASSWORDS_FILE, {path}, cannot be used: {reason}.", hint=hint, id="inkling.E007")]
