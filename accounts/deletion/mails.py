"""Mails to or about a person whose account is deleted; and the last one, which confirms it and is then forgotten."""

import re

from django.db.models import Q
from post_office.models import STATUS, Email

from accounts.deletion.mentions import Person, as_address
from accounts.identity import notices
from accounts.models import User

FIELDS = ("to", "cc", "bcc", "subject", "message", "html_message", "logs__message")


def send_farewell(user: User) -> int | None:
    """Queue the mail that confirms the deletion, and return its key; None for somebody without an address."""
    if not user.email:
        return None
    notices.send("account_deleted", user.email)
    return Email.objects.filter(to=user.email).latest("pk").pk


def delete_about(person: Person, but: int | None) -> None:
    """Delete the mails to the person's addresses, and those that name one, sent or not, but the one with key `but`."""
    about = Q(pk__in=())
    for field in FIELDS if person.emails else ():
        about |= Q(**{f"{field}__iregex": as_address(person.emails)})
    if person.of_others:  # asked whether they have given the address
        named = rf"(^|[^[:alnum:]@.+_-]){re.escape(person.name)}($|[^[:alnum:]@.+_-]|[.]($|\s))"
        about |= Q(to__iregex=as_address(person.of_others), message__iregex=named)
    Email.objects.filter(pk__in=Email.objects.filter(about).exclude(pk=but).values("pk")).delete()


def forget_farewell(key: int | None) -> bool:
    """Delete the last mail if it has left, or never will; return whether it is gone."""
    if key is not None:
        Email.objects.filter(pk=key, status__in=(STATUS.sent, STATUS.failed)).delete()
    return key is None or not Email.objects.filter(pk=key).exists()
