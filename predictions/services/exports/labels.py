"""What people and programs read of an export that failed."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from predictions.models import ErrorCode, Export

PROBLEMS: dict[str, str | Promise] = {
    ErrorCode.TOO_LARGE: _(
        "This file would take more storage than you have left. Export fewer drawings, or delete some first."
    ),
}
FAILED = _("Writing this file failed several times. Try again; if it fails again, tell us its id.")


def problem_of(export: Export) -> str | Promise | None:
    """Return why an export failed, as its owner reads it; None if it did not."""
    return PROBLEMS.get(export.error_code, FAILED) if export.error_code else None
