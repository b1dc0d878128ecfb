"""What a guest draws is seen by their session alone: every other URL answers as it does for a missing id."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import make_roles
from predictions.models import Prediction, Review, Submission
from tests.factories import make_user
from tests.guests import draw, new_guest, read_all

pytestmark = pytest.mark.django_db
TEXT, PICTURE = "31415", b"\x89PNG of a guest"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
FORM = {"post": "yes", "label": "1", "text": "1", "answer": "wrong"}
API_METHODS = {"api/v1/submissions/<uuid:id_>/": ("delete",)}  # PUT would store a drawing of one's own under this id
MISSING_ID, MISSING_KEY = uuid4(), 10**9
ENDS = {"/accounts/logout/"}


@pytest.fixture
def guests_row() -> Submission:
    """Return a drawing of a guest that has been read, with keys that rows of no other table have."""
    with connection.cursor() as cursor:
        for table, column in (("submission", "key"), ("prediction", "id")):
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), 9000000)", [f"predictions_{table}", column])
    row = draw(new_guest())
    read_all(TEXT, PICTURE)
    row.refresh_from_db()
    assert (row.status, row.text) == ("succeeded", TEXT)
    return row


def _guest() -> Client:
    guest = new_guest()
    draw(guest)
    return guest


def _user(role: str = "", **fields: bool) -> Client:
    user = make_user(role or "bob", is_staff=bool(role), **fields)
    if role:
        make_roles()
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


PEOPLE = {
    "nobody": Client,
    "another guest": _guest,
    "a user": _user,
    "a reviewer": lambda: _user("reviewer"),
    "an admin": lambda: _user("admin"),
    "a superuser": lambda: _user("admin", is_superuser=True),
}


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Yield every route of the site, with its parameters as they are written."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _fill(route: str, id_: object, key: object) -> str:
    """Return the path of a route about the row with this id and key."""
    kind = ContentType.objects.get_for_model(Submission).pk
    known = {"id_": id_, "content_type_id": kind, "address": f"{kind}/{key}/"}
    return "/" + PARAMETER.sub(lambda found: str(known.get(found[1] or found[2], key)), route).replace("\\", "")


def _ask(client: Client, method: str, path: str) -> tuple[int, bytes]:
    """Return the status, and all that the response says but the ids that were asked for."""
    answer = getattr(client, method)(path, **({"data": FORM} if method == "post" else {}))
    said = answer.getvalue() + answer.headers.get("Location", "").encode()
    for asked in re.findall(r"[0-9a-f-]{36}", path):
        said = said.replace(asked.encode(), b"")
    return answer.status_code, said


STAFF = ("a reviewer", "an admin", "a superuser")  # each asks every URL: 12 s; the walk has all of them too


@pytest.mark.parametrize(
    "person", [pytest.param(name, marks=pytest.mark.long if name in STAFF else ()) for name in PEOPLE]
)
def test_every_url_answers_as_for_a_missing_drawing(guests_row, person):
    secrets = (TEXT.encode(), PICTURE, str(guests_row.id)[:8].encode())
    client, before = PEOPLE[person](), _columns(guests_row)
    prediction, faults = Prediction.objects.get(submission=guests_row).pk, []
    for route in sorted(set(_routes(get_resolver().url_patterns))):
        key = prediction if "/prediction/" in route else guests_row.pk
        path, missing = _fill(route, guests_row.id, key), _fill(route, MISSING_ID, MISSING_KEY)
        methods = ("get",) if path == missing or path in ENDS else ("get", "post", *API_METHODS.get(route, ()))
        for method in methods:
            status, said = _ask(client, method, path)
            faults += [f"{method} {path} tells {secret!r}" for secret in secrets if secret in said]
            if path != missing and (other := _ask(client, method, missing)[0]) != status:
                faults.append(f"{method} {path}: {status}, but {other} for a missing one")
    assert faults == []
    assert _columns(guests_row) == before
    assert not Review.objects.exists()


def _columns(row: Submission) -> dict:
    return Submission.objects.filter(pk=row.pk).values().get()
