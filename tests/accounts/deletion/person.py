"""A person with something of theirs everywhere, each text a marker that nobody else has."""

from datetime import timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from post_office.models import Email

from accounts import audit
from accounts.models import Access, Invitation, User
from accounts.tokens import create_token
from predictions.models import (
    Deletion,
    DoubleReview,
    Drawing,
    IdempotencyKey,
    KnownAnswer,
    ReadAgainRequest,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    Role,
    SavedFilter,
    ShadowReading,
    Submission,
)
from predictions.services.review import review_submission
from tests.exports import write_export
from tests.factories import explain, make_submission, make_version, read_one

PASSWORD = "draws digits very well"
NAME, EMAIL, FORMER, WANTED = "xqname", "Xqmail@example.org", "xqformer@example.org", "xqwanted@example.org"
MARKERS = (
    *(NAME, EMAIL, FORMER, WANTED),
    *("xqfirst", "xqlast", "xqtoken", "xqkey", "xqpasskey", "xqsubject", "xqfilter", "xqagent", "xqsession", "xqguest"),
    *("xqbytes", "xqreading", "734512.25", "90817263", "192.0.2.77", "xqtyped", "xqrenamed"),
)
OLD_EVENT = """
    INSERT INTO accounts_auditevent (actor_id, actor_name, action, target, about_id, details, address, device)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def make_person() -> User:
    """Make the account, an administrator's colleague who reviews, with a password, an address and all there is."""
    user = User.objects.create_user(NAME, EMAIL, PASSWORD, first_name="xqfirst", last_name="xqlast", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_submission", "change_submission"]))
    EmailAddress.objects.create(user=user, email=EMAIL.lower(), verified=True, primary=True)
    EmailAddress.objects.create(user=user, email=WANTED)
    return user


def log_in() -> Client:
    """Return the person's browser, with something in its session, which lists where they are logged in."""
    browser = Client(headers={"user-agent": "xqagent/1"}, REMOTE_ADDR="192.0.2.77")
    browser.post("/accounts/login/", {"login": NAME, "password": "xqtyped"})
    browser.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    session = browser.session
    session["seen"], session["guest_key"] = "xqsession", "xqguest"
    make_guest_drawing("xqguest")
    session.save()
    browser.get("/accounts/sessions/")
    return browser


def fill_account(user: User, root: User) -> None:
    """Store something of the person's own in each table of accounts, and what others say of them."""
    create_token(user, "xqtoken", access=Access.READ)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "xqpasskey"})
    SocialAccount.objects.create(user=user, provider="sso", uid="xqsubject", extra_data={"email": FORMER})
    SavedFilter.objects.create(owner=user, table="accounts.user", name="xqfilter", query="q=1", is_shared=True)
    SavedFilter.objects.create(owner=root, table="accounts.user", name="one", query=f"q={EMAIL.replace('@', '%40')}")
    for email in (EMAIL, WANTED):
        Invitation.objects.create(code_hash=uuid4().hex, email=email, made_by=root, expires_at=Now())
    Invitation.objects.create(code_hash=uuid4().hex, made_by=user, expires_at=Now())
    Email.objects.create(from_email="inkling@example.org", to=[EMAIL], subject="for you", message=NAME)
    Email.objects.create(from_email="inkling@example.org", to=["b@example.org"], message=f"{EMAIL} asked")
    audit.record(user, "filter.saved", audit.Personal("xqfilter"), query=audit.Personal(f"q={NAME}"))
    audit.record(root, "audit.exported", filter=audit.Personal(f"q={NAME}&o=1"))
    audit.record(root, "user.changed", audit.Personal("xqrenamed"), about=user, username=audit.Personal(NAME))


def use_admin(user: User, root: User) -> None:
    """Let an administrator change the account and search for it, which Django's own history remembers too."""
    browser = Client()
    browser.force_login(root)
    form = {"username": NAME, "email": EMAIL, "first_name": "xqfirst", "last_name": "xqlast", "is_active": "on"}
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    assert browser.post(f"/admin/accounts/user/{user.pk}/change/", form | dates | {"is_staff": "on"}).status_code == 302


def write_old_events(user: User, root: User) -> None:
    """Record events as older code does that runs beside this."""
    with connection.cursor() as cursor:
        for number, name, action, target, about, details in (
            (user.pk, NAME, "user.logged_in", NAME, None, "{}"),
            (None, "", "login.failed", NAME, user.pk, "{}"),
            (user.pk, NAME, "email.change_requested", WANTED, None, f'{{"before": "{FORMER}"}}'),
            (user.pk, NAME, "token.created", "ink_1234", None, '{"name": "xqtoken"}'),
            (root.pk, root.username, "user.changed", NAME, user.pk, '{"username": "xqrenamed"}'),
        ):
            address, device = ("192.0.2.1", "root's") if number == root.pk else ("192.0.2.77", "xqagent")
            cursor.execute(OLD_EVENT, [number, name, action, target, about, details, address, device])


def draw(user: User, other: User) -> Submission:
    """Store drawings of the person in each state, what was said of them, and what the person said of another's.

    Returns:
        The drawing of the other person.
    """
    version = make_version()
    theirs, others = read_one(user), read_one(other)
    explain(theirs)
    Drawing.objects.filter(pk=theirs.pk).update(thumbnail=b"xqbytes")
    waiting = make_submission(user)
    Drawing.objects.filter(pk=waiting.pk).update(strokes=[[[734512.25, 1], [2, 3]]])
    reading = theirs.predictions.get().reading | {"text": "xqreading"}
    theirs.predictions.update(reading=reading, model_version=version)
    review_submission(theirs, user, "90817263", Role.OWNER)
    review_submission(theirs, other, "90817263", Role.REVIEWER)
    review = review_submission(others, user, "5", Role.REVIEWER)
    IdempotencyKey.objects.create(owner=user, key="xqkey", body_sha256="0", submission=theirs)
    ShadowReading.objects.create(
        submission=theirs,
        model_version=version,
        text="90817263",
        verdict="digit",
        confidence=1,
        agrees=True,
        elapsed_ms=1,
    )
    DoubleReview.objects.create(submission=others, first=review)
    for key, (row, by) in enumerate([(theirs, other), (others, user)]):
        ReviewLease.objects.create(submission=row, reviewer=by, holder=uuid4(), lease_until=Now() + timedelta(days=1))
        ReviewEntry.objects.create(key=uuid4(), submission=row, reviewer=by, is_skip=bool(key))
        ReviewRequest.objects.create(submission=row, requested_by=by)
        KnownAnswer.objects.create(key=uuid4(), submission=row, reviewer=by, text="90817263" if by == other else "5")
    Deletion.objects.create(owner=user, count=1)
    ReadAgainRequest.objects.create(owner=user, model_version=version, rest={"query": "digit=90817263"})
    write_export(user, "json")
    return others


def make_guest_drawing(key: str) -> None:
    """Store what somebody drew before a log-in."""
    row = make_submission()
    Submission.objects.filter(pk=row.pk).update(guest_key=key, lane="anonymous", deleted_at=Now() + timedelta(hours=1))
