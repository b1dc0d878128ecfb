"""What a program may do with a token: the scopes of API tokens, and the one rule of which a request needs.

A session has no scopes: in a browser, people do all that they may.
"""

from typing import Any

from django.db.models import TextChoices
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Access, ApiToken, User
from accounts.roles import may_review

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
INSUFFICIENT = "insufficient_scope"  # the error code, as RFC 6750 calls it


class Scope(TextChoices):
    """A scope; `Access` has those that a token can have together."""

    READ = "read"
    WRITE = "write"
    REVIEW = "review"


def choices_for(user: User) -> list[tuple[str, Any]]:
    """Return what `user` may choose for a token, with labels: reviewing only for those who may review."""
    return [choice for choice in Access.choices if choice[0] != Access.REVIEW or may_review(user)]


def find_missing(token: ApiToken | None, method: str, *, is_review: bool = False) -> Scope | None:
    """Return the scope that a request with this token lacks, or None. No query.

    Args:
        token: None for a session.
        method: of the request: GET, HEAD and OPTIONS read, all others write.
        is_review: whether the request shows or acts on drawings of other people.
    """
    if token is None:
        return None
    needed = [Scope.READ if method in SAFE_METHODS else Scope.WRITE] + [Scope.REVIEW] * is_review
    granted = token.scopes.split()
    return next((scope for scope in needed if scope not in granted), None)


def message_for(scope: Scope) -> str:
    """Return the error message for a missing scope."""
    return f'This token lacks the scope "{scope.value}". Use a token that has it, or create one in your profile.'


class HasScope(BasePermission):
    """Allow a request if its token has the scope; a view with `is_review` also asks for the role of its user.

    It is asked before any object is looked up, so the answer tells nothing of what exists.
    """

    code = INSUFFICIENT

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request is allowed. A query only for a view with `is_review`."""
        is_review = getattr(view, "is_review", False)
        token = request.auth if isinstance(request.auth, ApiToken) else None
        missing = find_missing(token, request.method or "", is_review=is_review)
        if missing:
            self.message = message_for(missing)
            return False
        if is_review and not may_review(request.user):
            self.code, self.message = "permission_denied", "Only reviewers may do this."
            return False
        return True
