"""What is stored of a person here, erased when their account is deleted: `settings.ACCOUNT_CONTENT` names this module.

Reviews that they gave of other people's drawings stay, under a random number that nobody can lead back to them.
"""

from collections.abc import Iterator
from typing import Any, cast

from django.db import transaction
from django.db.models import CASCADE, ForeignKey

from accounts.deletion.mentions import as_value
from accounts.models import User
from predictions import lifecycle
from predictions.models import (
    Claimable,
    ClaimableQuerySet,
    Export,
    Review,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    SavedFilter,
    Sheet,
    SheetPage,
    SheetTemplate,
    Submission,
    WebhookEndpoint,
)

DRAWINGS = 500  # that are deleted in one transaction
REVIEWS = 5_000
OF_DRAWINGS = (ReviewLease, ReviewEntry, ReviewRequest)  # whose rows do not go with a drawing by themselves
OF_REVIEWERS = ((ReviewLease, "reviewer"), (ReviewEntry, "reviewer"), (ReviewRequest, "requested_by"))


def erase_batch(number: int, alias: int | None) -> bool:
    """Erase some of what belongs to the account `number`; return whether to call this again.

    What a worker works on is canceled first, so that it can write nothing afterwards.

    alias: the number under which the person's reviews of other people's drawings stay.
    """
    WebhookEndpoint.objects.filter(owner=number).delete()  # first, so that nothing more is told
    for model, owner in _owned():
        rows = model._default_manager.filter(**{owner: number}).order_by("pk")
        if keys := list(rows.values_list("pk", flat=True)[:DRAWINGS]):
            _delete(model, keys)
            return True
    for owned in (Sheet, SheetTemplate):  # whose pages and cells are gone by now
        owned._default_manager.filter(owner=number).delete()
    for of, person in OF_REVIEWERS:
        of._default_manager.filter(**{person: number}).delete()
    given = list(Review.objects.filter(reviewer=number).order_by("pk").values_list("pk", flat=True)[:REVIEWS])
    return bool(Review.objects.filter(pk__in=given).update(reviewer=None, former_reviewer=alias))


@transaction.atomic
def _delete(model: type[Claimable], keys: list[int]) -> None:
    if model is Submission:
        for other in OF_DRAWINGS:
            other._default_manager.filter(submission__in=keys).delete()
    rows = cast(ClaimableQuerySet[Any], model._default_manager.filter(pk__in=keys))
    if model is Export:
        lifecycle.delete_exports(rows)
    elif model is SheetPage:
        lifecycle.delete_pages(rows)
    else:
        lifecycle.delete(rows)


def _owned() -> Iterator[tuple[type[Claimable], str]]:
    """Yield the tables of work that belong to a user, with the column that says to whom: drawings, and what comes."""
    for model in Claimable.__subclasses__():
        for field in model._meta.get_fields():
            is_of_user = isinstance(field, ForeignKey) and field.related_model is User
            if is_of_user and getattr(field.remote_field, "on_delete", None) is CASCADE:
                yield model, field.name


def erase_guest(key: str) -> None:
    """Delete what the person drew before a log-in, if they have neither kept nor discarded it."""
    lifecycle.delete(Submission.objects.of_guest(key))


def erase_mentions(texts: frozenset[str]) -> None:
    """Delete saved filters, of others too, that search for the person. texts: their name and addresses."""
    if texts:
        SavedFilter.objects.filter(query__iregex=as_value(texts, "(^|=)", "(&|$)")).delete()
