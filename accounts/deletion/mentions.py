"""Where others' rows name a person whose account is deleted: by the name, or by an address.

A short name is also a word of others. So a text only counts if it is the name as a whole, or stands as a value of a
query or of JSON; addresses count wherever they are.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Lower

from accounts.identity.names import is_email
from accounts.models import OF_LISTS, AuditText, Invitation, User


@dataclass(frozen=True)
class Person:
    """How somebody is named: name is empty if the account is gone already. All in lower case.

    emails: the current address, and others that were asked for, used, or known from single sign-on.
    of_others: those that were asked for, and that are the current addresses of other accounts.
    """

    number: int
    name: str = ""
    emails: frozenset[str] = frozenset()
    of_others: frozenset[str] = frozenset()

    @property
    def texts(self) -> frozenset[str]:
        """Return all of it."""
        return self.emails | {self.name} - {""}


def find_person(number: int) -> Person:
    """Return how the person of an account is named. Five queries."""
    user = User.objects.filter(pk=number).first()
    if user is None:
        return Person(number)
    found = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    for data in SocialAccount.objects.filter(user=user).values_list("extra_data", flat=True):
        found.update(_emails_in(data))
    for text in AuditText.objects.filter(person=number).filter(Q(target__contains="@") | Q(details__has_key="before")):
        found.update(_emails_in([text.target, text.details]))
    emails = frozenset(email.lower() for email in found if email)
    others = User.objects.exclude(pk=number).annotate(lowered=Lower("email")).filter(lowered__in=emails)
    of_others = frozenset(others.values_list("lowered", flat=True)) if emails else frozenset()
    return Person(number, user.get_username().lower(), emails - of_others, of_others)


def _emails_in(value: object) -> set[str]:
    """Return the addresses among the texts of a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(_emails_in, value)) if value else set()
    return {value} if isinstance(value, str) and is_email(value) else set()


def delete(person: Person) -> None:
    """Delete what others' rows say of the person: the admin's history, texts of the audit log, and invitations."""
    _delete_history(person)
    _delete_texts(person)
    invited = Q(made_by=person.number) | Q(used_by=person.number)
    if person.texts:
        invited |= Q(lowered__in=person.texts)
    Invitation.objects.alias(lowered=Lower("email")).filter(invited).delete()


def _delete_history(person: Person) -> None:
    users = ContentType.objects.get_for_model(User)
    entries = Q(user=person.number) | Q(content_type=users, object_id=str(person.number))
    for text in person.texts:
        entries |= Q(object_repr__iexact=text) | Q(object_repr__iendswith=f" of {text}")
    if person.emails:
        address = as_address(person.emails)
        entries |= Q(object_repr__iregex=address) | Q(change_message__iregex=address)
    LogEntry.objects.filter(entries).delete()


def _delete_texts(person: Person) -> None:
    """Delete the audit log's texts of the person, and others' that are a name or address, or searched for one."""
    AuditText.objects.filter(person=person.number).delete()
    if not person.texts:
        return
    AuditText.objects.alias(lowered=Lower("target")).filter(lowered__in=person.texts).delete()
    said = Q(said__iregex=as_value(person.texts, '[="]', '[&"]'))
    if person.emails:
        said |= Q(said__iregex=as_address(person.emails))
    AuditText.objects.alias(said=Cast("details", TextField())).filter(said, OF_LISTS).delete()


def as_address(emails: frozenset[str]) -> str:
    """Return a regular expression that finds one of these addresses in a text, and not as a part of a longer one."""
    return rf"(^|[^[:alnum:]._%+-])({'|'.join(sorted(map(re.escape, emails)))})($|[^[:alnum:].-]|[.]($|[^[:alnum:]]))"


def as_value(texts: frozenset[str], before: str, after: str) -> str:
    """Return a regular expression that finds one of these texts as a whole value, also in the way of URLs."""
    written = {form(text) for text in texts for form in (str, quote, quote_plus)}
    return f"{before}({'|'.join(sorted(map(re.escape, written)))}){after}"
