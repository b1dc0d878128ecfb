"""The rows that the people of the walk own, and the ids of each kind: theirs, of others, missing, malformed."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.test import Client
from post_office.models import Email

from accounts import audit
from accounts.cursors import make_cursor
from accounts.identity.sessions import list_sessions
from accounts.models import ApiToken, Invitation, User
from predictions import claims, lifecycle
from predictions.models import (
    Deletion,
    Drawing,
    IdempotencyKey,
    Job,
    ModelArtifact,
    ModelVersion,
    Prediction,
    ReadAgainRequest,
    Review,
    ReviewLease,
    Role,
    SavedFilter,
    ScheduledRun,
    ScheduledTask,
    Sheet,
    Submission,
    TrainingRun,
    WebhookEndpoint,
    WorkerSeen,
)
from predictions.services.review import review_submission
from predictions.services.sheets.templates import create_template
from predictions.webhooks.endpoints import add_endpoint
from predictions.webhooks.events import queue_test
from tests.accounts.factors.people import SecurityKey
from tests.exports import write_export
from tests.factories import explain, make_job, make_prediction, make_submission, make_user, make_version
from tests.sheets import make_unread_sheet
from tests.walk.people import ADMINS, REVIEWERS, ROOT, Person

MISSING_KEY = 987_654_321  # longer than any key
MALFORMED_UUIDS = ["00000000-0000-0000-0000-00000000000g", "seven"]
MALFORMED_KEYS = ["-1", "seven"]
TEMPLATE = {"title": "Readings", "rows": 2, "columns": [{"name": "Meter", "boxes": 5}]}


@dataclass(frozen=True)
class Ids:
    """The ids of one kind. Those that a person does not own must be like `missing`; the rest are not for anybody.

    own: by the name of a person.
    deleted: own ones that are deleted, by the name of a person.
    hidden: of nobody, such as other guests' and deleted ones.
    """

    own: dict[str, list[str]]
    missing: str
    hidden: list[str] = field(default_factory=list)
    deleted: dict[str, list[str]] = field(default_factory=dict)
    malformed: list[str] = field(default_factory=list)

    def strange(self, person: str) -> list[str]:
        """Return the ids of everybody else."""
        known = {*self.own.get(person, ()), *self.deleted.get(person, ())}
        others = [*self.hidden, *(id_ for by in (self.own, self.deleted) for ids in by.values() for id_ in ids)]
        return [id_ for id_ in dict.fromkeys(others) if id_ not in known]


def _make_webhook(user: User) -> WebhookEndpoint:
    """Return a webhook of the user with a delivery."""
    endpoint = add_endpoint(user, "https://example.org/", ["sheet.read"])
    queue_test(endpoint)
    return endpoint


def _page_path(sheet: Sheet) -> str:
    """Return the ids of a sheet's page as a path has them."""
    return f"{sheet.pk}/pages/{sheet.pages.get().pk}"


def make_ids(people: dict[str, Person]) -> dict[str, Ids]:
    """Make rows of each kind and return their ids by kind."""
    alice, bob, carol, adam, root = (people[name].user for name in ("alice", "bob", "carol", "adam", "root"))
    assert alice and bob and carol and adam and root
    version = make_version()
    [guests] = Submission.objects.exclude(guest_key="")
    theirs = {user: _read(user, version) for user in (alice, bob)}
    gone = {user: _read(user, version) for user in (alice, bob)}
    Submission.objects.filter(pk__in=[row.pk for row in gone.values()]).update(
        deleted_at=Now() + timedelta(hours=1)
    )  # restorable for long
    together = {user: [_delete(user, version)] for user in (alice, bob)}
    sheets = {user: make_unread_sheet(user) for user in (alice, bob)}
    deleted_sheet = make_unread_sheet(alice, deleted_at=Now())
    webhooks = {user: _make_webhook(user) for user in (alice, bob)}
    other_guests = make_submission(deleted_at=Now())
    waits = make_submission(make_user("dora"))
    return {
        "submission": Ids(
            own=_by_user({user: [row.id] for user, row in theirs.items()}),
            deleted=_by_user({user: [row.id] for user, row in gone.items()}),
            hidden=[str(row.id) for row in (guests, other_guests, waits)],
            missing=str(uuid.uuid4()),
            malformed=[*MALFORMED_UUIDS, str(theirs[alice].id).upper(), str(theirs[bob].id).upper()],
        ),
        "drawing of strokes": Ids(
            own=_by_user({user: [make_submission(user).id] for user in theirs}),
            hidden=[str(row.id) for row in (guests, other_guests, waits, *theirs.values(), *gone.values())],
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "export": Ids(
            own=_by_user({user: [write_export(user).pk] for user in theirs}),
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "sheet template": Ids(
            own=_by_user({user: [create_template(user, TEMPLATE).pk] for user in theirs}),
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "sheet": Ids(
            own=_by_user({user: [row.pk] for user, row in sheets.items()}),
            hidden=[str(deleted_sheet.pk)],
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "page of a sheet": Ids(
            own=_by_user({user: [_page_path(row)] for user, row in sheets.items()}),
            hidden=[_page_path(deleted_sheet)],
            missing=f"{uuid.uuid4()}/pages/{uuid.uuid4()}",
        ),
        "webhook": Ids(
            own=_by_user({user: [row.pk] for user, row in webhooks.items()}),
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "delivery": Ids(
            own=_by_user({user: [f"{row.pk}/deliveries/{row.deliveries.get().pk}"] for user, row in webhooks.items()}),
            missing=f"{uuid.uuid4()}/deliveries/{uuid.uuid4()}",
        ),
        "guest drawing": Ids(
            own={"guest": [str(guests.id)]},
            hidden=[str(row.id) for row in (other_guests, *theirs.values(), waits)],
            missing=str(uuid.uuid4()),
            malformed=[*MALFORMED_UUIDS, str(guests.id).upper()],
        ),
        "waiting": Ids(
            own=_by_user({alice: [make_submission(alice).id]}),
            hidden=[str(row.id) for row in (other_guests, waits)],
            missing=str(uuid.uuid4()),
        ),
        "batch": Ids(
            own=_by_user({user: [row.batch] for user, row in theirs.items()}),
            deleted=_by_user({user: [row.batch] for user, row in gone.items()}),
            missing=str(uuid.uuid4()),
        ),
        "cursor": Ids(
            own=_by_user({user: [make_cursor(user, row.key)] for user, row in theirs.items()}),
            missing="A" * len(make_cursor(alice, theirs[alice].key)),
        ),
        "idempotency key": Ids(
            own=_by_user({user: [_use_key(user, row)] for user, row in theirs.items()}), missing="never used"
        ),
        "token": Ids(
            own={user.username: _keys_of(user) for user in (alice, bob, carol)},
            missing="ink_zzzzzzzzzzz",
            hidden=["x" * 200],
        ),
        "activity cursor": Ids(
            own=_by_user({user: [make_cursor(user, 1, "activity")] for user in theirs}),
            missing="A" * len(make_cursor(alice, 1, "activity")),
        ),
        "session": Ids(
            own={user.username: [_open_session(user)] for user in (alice, bob, carol)},
            missing="0" * 32,
            hidden=["x" * 200],
        ),
        "passkey": Ids(
            own={user.username: [_passkey_of(user)] for user in (alice, bob, carol)},
            missing=str(MISSING_KEY),
            malformed=MALFORMED_KEYS,
        ),
        "deletion": Ids(
            own=_by_user(together),
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "request to read again": Ids(
            own=_by_user({user: [_ask(user, version)] for user in theirs}),
            missing=str(uuid.uuid4()),
            malformed=MALFORMED_UUIDS,
        ),
        "leased drawing": _leased(carol, adam, theirs[alice], theirs[bob], gone[alice]),
        "saved filter": _saved_filters(carol, adam, root),
        **_admin_ids(theirs[alice], gone[alice], other_guests, version),
    }


def _read(user: User, version: ModelVersion) -> Submission:
    """Return a drawing of `user` that was read, explained and reviewed, and that has images."""
    row = make_submission(user, batch=uuid.uuid4())
    with claims.claimed(1) as [claimed]:
        assert claimed.pk == row.pk
        lifecycle.succeed(claimed, make_prediction(claimed, version))
    images = {
        "strokes": None,
        "image": b"webp",
        "image_type": "image/webp",
        "is_original": False,
        "thumbnail": b"\x89PNG",
    }
    Drawing.objects.filter(submission=row).update(**images)
    explain(row)
    make_job(row, "read_again")
    row.refresh_from_db()
    review_submission(row, user, "1", Role.OWNER)
    return row


def _delete(user: User, version: ModelVersion) -> uuid.UUID:
    """Delete a drawing of `user` in a way that can be undone for long, and return the deletion's id."""
    row = _read(user, version)
    done = Deletion.objects.create(owner=user, at=Now() + timedelta(hours=1), count=1, ended_at=Now())
    done.refresh_from_db()
    Submission.objects.filter(pk=row.pk).update(deleted_at=done.at)
    return done.pk


def _ask(user: User, version: ModelVersion) -> uuid.UUID:
    return ReadAgainRequest.objects.create(owner=user, model_version=version).pk


def _use_key(user: User, row: Submission) -> str:
    key = f"order of {user.username}"
    IdempotencyKey.objects.create(owner=user, key=key, body_sha256="0" * 64, submission=row)
    return key


def _by_user(ids: dict[User, list[uuid.UUID | str | None]]) -> dict[str, list[str]]:
    """Return ids by the names of people: a user's tokens have what the user has."""
    found: dict[str, list[str]] = {}
    for user, rows in ids.items():
        names = {"alice": ("alice", "alice reads", "alice writes"), "bob": ("bob", "bob writes")}[user.username]
        found |= {name: [str(row) for row in rows] for name in names}
    return found


def _keys_of(user: User) -> list[str]:
    return list(ApiToken.objects.filter(user=user).values_list("token_key", flat=True))


def _open_session(user: User) -> str:
    """Log the user in on another device, and return how the list of devices calls it."""
    device = Client()
    device.force_login(user)
    key = device.session.session_key
    assert key
    UserSession.objects.create(user=user, session_key=key, ip="203.0.113.7", user_agent="Program/1")
    [found] = list_sessions(user, None)
    return found.id


def _passkey_of(user: User) -> str:
    credential = SecurityKey().create({"publicKey": {"user": {"id": "AAAA"}, "challenge": "AAAA"}})
    data = {"name": "laptop", "credential": json.loads(credential)}
    return str(Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data).pk)


def _leased(carol: User, adam: User, hers: Submission, his: Submission, deleted: Submission) -> Ids:
    for reviewer, row in ((carol, hers), (carol, deleted), (adam, his)):
        ReviewLease.objects.create(submission=row, reviewer=reviewer, holder=uuid.uuid4(), lease_until=Now())
    return Ids(
        own={"carol": [str(hers.pk)], "adam": [str(his.pk)]},
        hidden=[str(deleted.pk)],
        missing=str(MISSING_KEY),
        malformed=MALFORMED_KEYS,
    )


def _saved_filters(carol: User, adam: User, root: User) -> Ids:
    def save(user: User, *, is_shared: bool) -> str:
        columns = {"table": "predictions.submission", "query": "status__exact=failed", "is_shared": is_shared}
        return str(SavedFilter.objects.create(owner=user, name=f"failed {is_shared}", **columns).pk)

    shared, hidden = save(adam, is_shared=True), save(adam, is_shared=False)
    own = {"carol": [save(carol, is_shared=False)], "adam": [shared, hidden], "root": [shared]}
    return Ids(own=own, missing=str(MISSING_KEY), malformed=MALFORMED_KEYS)


def _admin_ids(row: Submission, deleted: Submission, of_guest: Submission, version: ModelVersion) -> dict[str, Ids]:
    """Return the ids of the admin's tables: each row is everybody's who may view the table."""
    run = TrainingRun.objects.create(name="tuned", start=version)
    audit.record(None, "walked")
    invitation = Invitation.objects.create(code_hash="0" * 64, expires_at=Now() + timedelta(days=1))
    sheet = Sheet.objects.filter(owner=row.owner, deleted_at=None).first()
    webhook = WebhookEndpoint.objects.get(owner=row.owner)
    assert sheet
    worker = WorkerSeen.objects.create(name="walker", seen_at=Now())
    task = ScheduledRun.objects.create(name=ScheduledTask.MAIL)
    Email.objects.create(from_email="a@example.org", to="b@example.org", subject="s", message="m")

    def of(viewers: Iterable[str], pk: object, *hidden: object) -> Ids:
        missing = uuid.uuid4() if isinstance(pk, uuid.UUID) else MISSING_KEY
        return Ids({name: [str(pk)] for name in viewers}, str(missing), [str(one) for one in hidden])

    def of_submission(viewers: Iterable[str], model: type) -> Ids:
        pks = [model.objects.filter(submission=one).values_list("pk", flat=True).first() for one in (row, deleted)]
        return of(viewers, *pks)

    return {
        "admin submission": of(REVIEWERS, row.pk, deleted.pk, of_guest.pk),
        "admin prediction": of_submission(REVIEWERS, Prediction),
        "admin review": of_submission(REVIEWERS, Review),
        "admin drawing": of_submission(ADMINS, Drawing),
        "admin job": of_submission(ADMINS, Job),
        "admin user": of(ADMINS, row.owner_id),
        "user of root": of(ROOT, row.owner_id),
        "admin invitation": of(ADMINS, invitation.pk),
        "admin token": of(ADMINS, ApiToken.objects.filter(user=row.owner).values_list("pk", flat=True)[0]),
        "admin event": of(ADMINS, audit.AuditEvent.objects.values_list("pk", flat=True)[0]),
        "admin email": of(ADMINS, Email.objects.get().pk),
        "admin group": of(ROOT, Group.objects.get(name="reviewer").pk),
        "admin version": of(ADMINS, version.pk),
        "admin artifact": of(ADMINS, ModelArtifact.objects.filter(version=version)[0].pk),
        "admin worker": of(ADMINS, worker.pk),
        "admin task": of(ADMINS, task.pk),
        "admin key": of(ADMINS, IdempotencyKey.objects.order_by("pk")[0].pk),
        "admin run": of(ADMINS, run.pk),
        "admin sheet": of(ADMINS, sheet.pk, *Sheet.objects.exclude(deleted_at=None).values_list("pk", flat=True)),
        "admin page": of(ADMINS, sheet.pages.get().pk),
        "admin template": of(ADMINS, sheet.template_id),
        "admin webhook": of(ADMINS, webhook.pk),
        "admin delivery": of(ADMINS, webhook.deliveries.get().pk),
    }
