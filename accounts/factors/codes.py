"""Codes that somebody types: those of an authenticator app and recovery codes. Each works once."""

import logging

from allauth.account.adapter import get_adapter
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from cryptography.fernet import InvalidToken
from django.db import transaction

from accounts import audit
from accounts.models import User

logger = logging.getLogger(__name__)
LAST_STEP = "last_step"  # in the data of an authenticator app: the newest step of 30 s whose code was used
Type = Authenticator.Type
TYPED = (Type.TOTP, Type.RECOVERY_CODES)


def use_code(user: User, code: str) -> Authenticator | None:
    """Return the factor of `user` that the code belongs to, and let the code not work again; None for a wrong one.

    Rows are locked, so of two concurrent requests with the same code one is refused.
    """
    with transaction.atomic():
        for factor in Authenticator.objects.select_for_update().filter(user=user, type__in=TYPED).order_by("pk"):
            try:
                is_right = take_app_code(factor, code) if factor.type == Type.TOTP else _take_recovery(factor, code)
            except InvalidToken:  # a new SECRET_KEY without the former one; the person sees that the code is wrong
                logger.exception("A second factor of user %s is encrypted by another SECRET_KEY.", user.pk)
                continue
            if is_right:
                factor.user = user
                return factor
    return None


def take_app_code(factor: Authenticator, code: str) -> bool:
    """Return whether the code is one of now, and newer than the last that was used; remember it as used.

    Not allauth's own check: that remembers codes for 30 s, but with the tolerance they are valid for 90 s.
    """
    secret = decrypt(factor.data["secret"])
    for step in yield_hotp_counters_from_time():
        is_of_step = compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
        if is_of_step and step > factor.data.get(LAST_STEP, 0):
            factor.data[LAST_STEP] = step
            factor.save(update_fields=["data"])
            return True
    return False


def count_left(factor: Authenticator | None) -> int:
    """Return how many recovery codes were not used yet. Needs no key, so it works after a new SECRET_KEY too."""
    used = int(factor.data.get("used_mask", 0)).bit_count() if factor else 0
    return app_settings.RECOVERY_CODE_COUNT - used if factor else 0


def _take_recovery(factor: Authenticator, code: str) -> bool:
    """Return whether this is an unused recovery code; mark it used, record it and tell the owner."""
    recovery = factor.wrap()
    if not recovery.validate_code(code):
        return False
    user, left = factor.user, count_left(recovery.instance)
    audit.record(user, "recovery_code.used", user, left=left)
    get_adapter().send_notification_mail("account/email/recovery_code_used", user, {"left": left}, user.email)
    return True
