"""What an account knows about its person, for the file of everything about them."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.identity.sessions import list_sessions
from accounts.models import ApiToken, Invitation, User


def describe_account(user: User) -> dict[str, Any]:
    """Return a person's account for JSON: without passwords, keys or hashes. About eight queries."""
    return {
        "profile": _profile(user),
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "preferences": {"reads_live": user.reads_live, "reviews_blind": user.reviews_blind},
        "may_train": user.may_train,
        "tokens": list(
            ApiToken.objects.filter(user=user).values("name", "scopes", "created", "expiry", "last_used_at")
        ),
        "sessions": [_session(session) for session in list_sessions(user, None)],
        "second_factors": [_factor(row) for row in Authenticator.objects.filter(user=user).order_by("pk")],
        "single_sign_on": list(SocialAccount.objects.filter(user=user).values("provider", "uid", "date_joined")),
        "invitations": list(Invitation.objects.filter(made_by=user).values("email", "role", "made_at", "used_at")),
    }


def _profile(user: User) -> dict[str, Any]:
    return {
        "username": user.get_username(),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "date_joined": user.date_joined,
        "last_login": user.last_login,
        "groups": list(user.groups.values_list("name", flat=True)),
    }


def _session(session: Any) -> dict[str, Any]:
    names = ("device", "address", "created_at", "last_seen_at")
    return {name: getattr(session, name) for name in names}


def _factor(row: Authenticator) -> dict[str, Any]:
    """Return a second factor by its kind and name, never its secret."""
    name = row.data.get("name", "") if row.type == Authenticator.Type.WEBAUTHN else ""
    return {"type": row.type, "name": name, "created_at": row.created_at, "last_used_at": row.last_used_at}
