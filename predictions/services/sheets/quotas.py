"""How many pages and cells of sheets a user may have waiting, apart from drawings, which people wait for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from accounts.models import User
from predictions.models import SheetPage, Submission
from predictions.services import quotas
from predictions.services.errors import Refused

CELLS_OF_PAGE = 300  # that a page may turn out to have, until it was cut
TOO_MANY = "too_many_in_flight"


@contextmanager
def room_for_cells(owner: User, cells: int, kept_bytes: int = 0) -> Iterator[None]:
    """Let the block store work that makes up to so many cells of `owner`, in a transaction.

    Their other requests for sheets wait for its end, so that the limit holds exactly.

    Raises:
        Refused: 429 or 503, if there is no room.
    """
    quotas.check_totals(owner, cells, kept_bytes)
    with transaction.atomic():
        quotas.take_turns(f"cells in flight {owner.pk}")
        waiting = count_cells(owner)
        if waiting + cells > settings.SHEET_CELLS_LIMIT:
            limit = settings.SHEET_CELLS_LIMIT
            message = f"You have about {waiting} cells of sheets waiting; the limit is {limit}. Try again in a minute."
            raise Refused(TOO_MANY, message, 429, retry_after_s=30)
        yield


def count_cells(owner: User) -> int:
    """Return how many cells of `owner` wait or are being read, with those that waiting pages may have. Two queries."""
    cells = Submission.objects.unfinished().filter(owner=owner, sheet__isnull=False).count()
    return cells + CELLS_OF_PAGE * SheetPage.objects.unfinished().filter(owner=owner).count()
