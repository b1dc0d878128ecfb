"""The fast path answers like the ordinary view, byte for byte but for ids and times, and passes on what it cannot."""

import base64
import io
import re
import time
import uuid
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import Client, override_settings
from django.urls import reverse
from PIL import Image

from accounts import tokens
from accounts.limits import requests as rate_limits
from accounts.models import Access, ApiToken, User
from accounts.tokens import create_token
from predictions import claims, lifecycle
from predictions.api import submissions, views
from predictions.api.fast_path import middleware
from predictions.models import IdempotencyKey, Prediction, Role, Submission
from predictions.services import long_poll, quotas, submit
from predictions.services.review import review_submission
from tests.factories import SEVEN, URL, make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.api.test_schema import OPERATIONS

pytestmark = pytest.mark.django_db
FAST_PATH = "predictions.api.fast_path.middleware.fast_path"
NO_ID = uuid.UUID("00000000-0000-4000-8000-000000000000")
VARYING = re.compile(  # ids, times, what is left of a limit, ETags and ids of requests
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|r=\d+;t=\d+|\b[0-9a-f]{32}\b"
)


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("L", (28, 28), 255).save(file, "PNG")
    return file.getvalue()


PNG = _png()


class Case(NamedTuple):
    """A request, the status of its response, and which way answers."""

    status: int
    is_fast: bool = False
    prepare: str = ""  # the name of a function below
    method: str = "POST"
    path: str = ""  # of a POST: the list; of a GET: what `prepare` made
    body: Any = SEVEN
    media_type: str = "application/json"
    headers: dict[str, str] = {}
    settings: dict[str, Any] = {}
    environ: dict[str, Any] = {}


def _get(status: int, is_fast: bool = False, **fields: Any) -> Case:
    return Case(status, is_fast, method="GET", body=None, **fields)


IMAGE = {"image": base64.b64encode(PNG).decode()}
WAIT = {"Prefer": "wait=5"}
CASES = {
    # accepted
    "strokes": Case(202, True),
    "an image in base64": Case(202, True, body=IMAGE),
    "an image": Case(202, True, body=PNG, media_type="image/png"),
    "an image without a type": Case(202, True, body=PNG, media_type="application/octet-stream"),
    "a form": Case(202, body={"image": "file"}, media_type="multipart/form-data"),
    "JSON with a charset": Case(202, media_type="application/json; charset=utf-8"),
    "all options": Case(202, True, body=SEVEN | {"expects": {"kind": "number"}, "may_train": True}),
    "a canvas": Case(202, True, body=SEVEN | {"canvas": str(NO_ID)}),
    "a deadline": Case(202, True, headers={"Cancel-After": "60"}),
    "a key": Case(202, True, headers={"Idempotency-Key": "one"}),
    "a key again": Case(202, True, "key_used", headers={"Idempotency-Key": "one"}),
    "wait 0": Case(202, True, headers={"Prefer": "wait=0"}),
    "wait in vain": Case(202, True, "nobody_reads", headers=WAIT),
    "wait for a reading": Case(201, True, "read_at_once", headers=WAIT),
    "wait for a failure": Case(201, True, "fail_at_once", headers=WAIT),
    "nobody more may wait": Case(202, True, headers=WAIT, settings={"WAITERS_LIMIT": 0}),
    "German": Case(202, True, headers={"Accept-Language": "de"}),
    "a cookie": Case(202, headers={"Cookie": "a=b"}),
    "https": Case(202, True, settings={"SECURE_HSTS_SECONDS": 60}, environ={"wsgi.url_scheme": "https"}),
    # shown
    "queued": _get(200, True, prepare="queued"),
    "queued, wait 0": _get(200, True, prepare="queued", path="?wait=0"),
    "queued, wait in vain": _get(200, True, prepare="queued_and_nobody_reads", path="?wait=1"),
    "read": _get(200, True, prepare="read"),
    "read, wait": _get(200, True, prepare="read", path="?wait=5"),
    "read, with a problem": _get(200, True, prepare="read_with_problem"),
    "read twice": _get(200, True, prepare="read_twice"),
    "labelled": _get(200, True, prepare="labelled"),
    "failed": _get(200, True, prepare="failed"),
    "late": _get(200, True, prepare="late"),
    "canceled": _get(200, True, prepare="canceled"),
    "superseded": _get(200, True, prepare="superseded"),
    "not modified": _get(304, True, prepare="known"),
    "modified": _get(200, True, prepare="read", headers={"If-None-Match": '"other"'}),
    "another query": _get(200, prepare="read", path="?wait=1&x=1"),
    "HEAD": _get(200, prepare="read")._replace(method="HEAD"),
    # refused: the request
    "no body": Case(400, body=b""),
    "no JSON": Case(400, body=b"{"),
    "a name twice": Case(400, body=b'{"strokes": [], "strokes": []}'),
    "neither": Case(400, body={}),
    "a list": Case(400, body=[]),
    "no points": Case(400, body={"strokes": [[]]}),
    "too many strokes": Case(400, settings={"STROKES_LIMIT": 0}),
    "no image": Case(400, body=b"no image", media_type="image/png"),
    "no base64": Case(400, body={"image": "?"}),
    "a wrong canvas": Case(400, body=SEVEN | {"canvas": "x"}),
    "wrong expectations": Case(400, body=SEVEN | {"expects": {"kind": "x"}}),
    "wrong consent": Case(400, body=SEVEN | {"may_train": "x"}),
    "a wrong key": Case(400, headers={"Idempotency-Key": " "}),
    "a wrong key and no JSON": Case(400, body=b"{", headers={"Idempotency-Key": " "}),
    "a wrong deadline": Case(400, headers={"Cancel-After": "x"}),
    "a wrong wait": _get(400, prepare="read", path="?wait=9999"),
    "no number": _get(400, prepare="read", path="?wait=x"),
    "NUL": _get(400, prepare="read", path="?wait=%00"),
    "another host": Case(400, headers={"Host": "example.org"}),
    "too large": Case(413, body=b" " * 140_000, settings={"UPLOAD_LIMIT_BYTES": 1000}),
    "an image too large": Case(413, body=PNG, media_type="image/png", settings={"IMAGE_LIMIT_SIDE_PX": 20}),
    "chunks": Case(411, headers={"Transfer-Encoding": "chunked"}),
    "another type": Case(415, body=b"x", media_type="text/plain"),
    "http": Case(403, settings={"SECURE_SSL_REDIRECT": True}),
    "the client goes away": Case(408, prepare="gone_away"),
    # refused: who asks
    "no token": Case(401, headers={"Authorization": ""}),
    "half a token": Case(401, headers={"Authorization": "Token "}),
    "two tokens": Case(401, headers={"Authorization": "Token a b"}),
    "an unknown token": Case(401, headers={"Authorization": "Token ink_unknown"}),
    "a token that is not ASCII": Case(401, headers={"Authorization": "Token \xe4"}),
    "an expired token": Case(401, prepare="token_expired"),
    "a revoked token": Case(401, prepare="token_revoked"),
    "a deactivated account": Case(401, prepare="account_deactivated"),
    "too many wrong tokens": Case(429, prepare="many_wrong", headers={"Authorization": "Token ink_unknown"}),
    "a token that may only read": Case(403, prepare="token_reads"),
    "shown to a token that may only write": _get(403, prepare="read_and_token_writes"),
    "shown to an unknown token": _get(401, prepare="read", headers={"Authorization": "Token ink_unknown"}),
    "shown to an expired token": _get(401, prepare="read_and_expired"),
    # refused: limits and state
    "too many requests": Case(429, settings={"RATE_LIMIT_PER_S": 1}, prepare="requests_used_up"),
    "too many shown": _get(429, settings={"RATE_LIMIT_PER_S": 1}, prepare="read_and_used_up"),
    "too many in flight": Case(429, prepare="queued", settings={"IN_FLIGHT_LIMIT": 1}),
    "too much kept": Case(429, prepare="read", settings={"KEPT_LIMIT_BYTES": 1}),
    "the queue is full": Case(503, prepare="queued", settings={"QUEUE_LIMIT": 1}),
    "a key with another body": Case(422, prepare="key_used", body=IMAGE, headers={"Idempotency-Key": "one"}),
    "a key of what was deleted": Case(410, prepare="key_used_and_deleted", headers={"Idempotency-Key": "one"}),
    "no such submission": _get(404, path=f"{URL}{NO_ID}/"),
    "of somebody else": _get(404, prepare="of_bob"),
    "deleted": _get(404, prepare="deleted"),
    "the database is away": Case(503, prepare="database_away"),
    "the database is away for a look": _get(503, prepare="read_and_database_away"),
    "a fault of ours": Case(500, prepare="fault"),
}


class World:
    """What a case prepares: functions by name, each of which may return the path of a submission."""

    def __init__(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alice, self.patch, self.headers = alice, monkeypatch, dict[str, str]()
        self.environ: dict[str, Any] = {}

    def _path(self, row: Submission) -> str:
        return f"{URL}{row.id}/"

    def queued(self) -> str:
        return self._path(make_submission(self.alice))

    def nobody_reads(self) -> None:
        self.patch.setattr(submissions.long_poll, "wait_for", lambda row, event, seconds: row)

    def queued_and_nobody_reads(self) -> str:
        self.nobody_reads()
        return self.queued()

    def read(self) -> str:
        return self._path(read_one(self.alice))

    def read_with_problem(self) -> str:
        version = make_version()
        row = make_submission(self.alice, expects={"kind": "digits", "max_length": 4, "min_length": 4})
        with claims.claimed(1) as [claimed]:
            lifecycle.succeed(claimed, make_prediction(claimed, version))
        return self._path(row)

    def read_twice(self) -> str:
        row = read_one(self.alice)
        other = make_prediction(row, make_version("other", b"other", is_live=False), "1")
        other.started_at = Now()
        Prediction.objects.bulk_create([other])
        return self._path(row)

    def labelled(self) -> str:
        row = read_one(self.alice)
        review_submission(row, self.alice, "1", Role.OWNER)
        return self._path(row)

    def failed(self) -> str:
        row = make_submission(self.alice)
        with claims.claimed(1) as [claimed]:
            lifecycle.fail(claimed, "blank")
        return self._path(row)

    def late(self) -> str:
        row = make_submission(self.alice)
        Submission.objects.update(deadline_at=Now() - timedelta(seconds=1))
        return self._path(row)

    def canceled(self) -> str:
        row = make_submission(self.alice)
        lifecycle.cancel(Submission.objects.filter(pk=row.pk))
        return self._path(row)

    def superseded(self) -> str:
        row = make_submission(self.alice, canvas=NO_ID)
        make_submission(self.alice, canvas=NO_ID)
        return self._path(row)

    def known(self) -> str:
        path = self.read()
        self.headers["If-None-Match"] = _client().get(path, headers=_token(self.alice))["ETag"]
        return path

    def of_bob(self) -> str:
        return self._path(read_one(make_user("bob")))

    def deleted(self) -> str:
        path = self.read()
        Submission.objects.update(deleted_at=Now())
        return path

    def key_used(self) -> None:
        headers = _token(self.alice) | {"Idempotency-Key": "one"}
        assert _client().post(URL, SEVEN, "application/json", headers=headers).status_code == 202

    def key_used_and_deleted(self) -> None:
        self.key_used()
        Submission.objects.filter(pk=IdempotencyKey.objects.get().submission_id).update(deleted_at=Now())

    def _finish(self, finish: Any) -> None:
        def wait(row: Submission, event: Any, seconds: float) -> Submission:
            with claims.claimed(1) as [claimed]:
                finish(claimed)
            row.refresh_from_db()
            return row

        self.patch.setattr(submissions.long_poll, "wait_for", wait)

    def read_at_once(self) -> None:
        version = make_version()
        self._finish(lambda row: lifecycle.succeed(row, make_prediction(row, version)))

    def fail_at_once(self) -> None:
        self._finish(lambda row: lifecycle.fail(row, "unreadable"))

    def token_expired(self) -> None:
        self.headers |= _token(self.alice)
        ApiToken.objects.update(expiry=Now() - timedelta(seconds=1))

    def token_revoked(self) -> None:
        self.headers |= _token(self.alice)
        assert _client().post(URL, SEVEN, "application/json", headers=self.headers).status_code == 202
        tokens.revoke(ApiToken.objects.get(), by=self.alice)

    def account_deactivated(self) -> None:
        self.headers |= _token(self.alice)
        User.objects.update(is_active=False)

    def read_and_expired(self) -> str:
        path = self.read()
        self.token_expired()
        return path

    def token_reads(self) -> None:
        self.headers |= {"Authorization": f"Token {create_token(self.alice, 'reads', access=Access.READ)}"}

    def read_and_token_writes(self) -> str:
        self.headers |= _token(self.alice)
        ApiToken.objects.update(scopes="write")
        return self.read()

    def many_wrong(self) -> None:
        self.patch.setattr(tokens.counts, "add", lambda count: 7)

    def requests_used_up(self) -> None:
        self.patch.setattr(rate_limits, "count_request", lambda user: (False, 0, 0.5))

    def read_and_used_up(self) -> str:
        self.requests_used_up()
        return self.read()

    def gone_away(self) -> None:
        class Gone(io.BytesIO):
            def read(self, *_: Any) -> bytes:
                raise OSError("the client is gone")

            readline = read

        self.environ["wsgi.input"] = Gone()

    def database_away(self) -> None:
        def fail(*_: Any) -> None:
            raise OperationalError("no connection")

        self.patch.setattr(submit.lifecycle, "queue", fail)

    def read_and_database_away(self) -> str:
        path = self.read()

        def fail(*_: Any) -> None:
            raise OperationalError("no connection")

        self.patch.setattr(submissions, "get_submission", fail)
        return path

    def fault(self) -> None:
        self.patch.setattr(submissions, "new_submission", lambda *_, **__: 1 / 0)


def _client(without: str = "") -> Client:
    client = Client(raise_request_exception=False)
    names = [name for name in django_settings.MIDDLEWARE if name != without]
    with override_settings(MIDDLEWARE=names):
        client.handler.load_middleware()
    return client


def _token(user: User) -> dict[str, str]:
    name = uuid.uuid4().hex[:8]
    return {"Authorization": f"Token {create_token(user, name)}"}


def _send(client: Client, case: Case, path: str, headers: dict[str, str], environ: dict[str, Any]) -> tuple[Any, ...]:
    body, media_type = case.body, case.media_type
    if media_type == "multipart/form-data":
        file = io.BytesIO(PNG)
        file.name = "a.png"
        response = client.post(path, {"image": file}, headers=headers)
    else:
        response = client.generic(
            case.method, path, _encode(client, body), media_type if body is not None else "", headers=headers, **environ
        )
    shown = VARYING.sub("*", response.content.decode())
    return response.status_code, {name: VARYING.sub("*", value) for name, value in response.items()}, shown


def _encode(client: Client, body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return str(client._encode_json(body, "application/json")).encode()


@pytest.mark.parametrize("name", CASES)
def test_both_ways_answer_alike(name, alice, settings, monkeypatch):
    case, answers, ways = CASES[name], [], []
    initial = views.LimitedView.initial

    def note_ordinary(*args: Any, **options: Any) -> None:
        ways[-1] = "ordinary"
        initial(*args, **options)

    monkeypatch.setattr(views.LimitedView, "initial", note_ordinary)
    monkeypatch.setattr(long_poll.listener, "ensure", lambda: None)
    for setting, value in case.settings.items():
        setattr(settings, setting, value)
    for left_out in ("", FAST_PATH):
        with monkeypatch.context() as patch:
            _forget_all(patch)
            world = World(alice, patch)
            path = getattr(world, case.prepare)() if case.prepare else None
            client = _client(left_out)
            headers = ({} if "Authorization" in world.headers else _token(alice)) | world.headers | case.headers
            path = (path or "") + case.path if case.method in ("GET", "HEAD") else URL
            tokens.cache.clear()
            ways.append("fast")
            answers.append(_send(client, case, path, headers, world.environ | case.environ))
    fast, ordinary = answers
    assert fast == ordinary
    assert fast[0] == case.status
    assert ways == ["fast" if case.is_fast else ways[0], "ordinary" if case.is_fast else ways[0]]


def _forget_all(patch: pytest.MonkeyPatch) -> None:
    """Begin with nothing stored and counted."""
    IdempotencyKey.objects.all().delete()
    Submission.objects.all().delete()
    ApiToken.objects.all().delete()
    User.objects.exclude(username="alice").delete()
    User.objects.update(is_active=True)
    rate_limits._windows.clear()
    patch.setattr(quotas, "waiting_in_all", quotas.SumCache(quotas.count_waiting, seconds=0.5))
    patch.setattr(quotas, "kept_of_user", quotas.SumCache(quotas.sum_kept, seconds=60))


def test_every_response_of_the_schema_has_a_case():
    for method, operation in (("POST", "submit_drawing"), ("GET", "get_submission")):
        seen = {str(case.status) for case in CASES.values() if case.method == method}
        assert set(OPERATIONS[operation]["responses"]) <= seen


def test_the_paths_are_those_of_the_routes():
    assert reverse("api-submissions") == middleware.LIST
    assert middleware.DETAIL.fullmatch(reverse("api-submission", args=[NO_ID]))


def test_a_refused_request_is_counted_once(alice, monkeypatch):
    counted = []
    monkeypatch.setattr(rate_limits, "count_request", lambda user: counted.append(user) or (True, 5, 0.5))
    response = _client().post(URL, b"{", "application/json", headers=_token(alice))
    assert (response.status_code, response["RateLimit"]) == (400, '"requests";r=5;t=1')
    assert counted == [alice]


def test_a_wrong_token_is_counted_once(alice, monkeypatch):
    counted = []
    monkeypatch.setattr(tokens.counts, "add", lambda count: counted.append(count) or 0)
    assert _client().post(URL, SEVEN, "application/json", headers={"Authorization": "Token x"}).status_code == 401
    assert len(counted) == 1


def test_what_was_stored_before_an_error_is_not_stored_again(alice, monkeypatch):
    def fail(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(submissions.long_poll, "wait_for", fail)
    response = _client().post(URL, SEVEN, "application/json", headers=_token(alice) | WAIT)
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["revoke", "deactivate", "expire"])
def test_a_token_that_another_process_ends_is_refused_by_both_ways(alice, end):
    headers = _token(alice)
    clients = [_client(), _client(without=FAST_PATH)]
    assert [client.post(URL, SEVEN, "application/json", headers=headers).status_code for client in clients] == [202] * 2
    with connection.cursor() as elsewhere:  # only the trigger's notification tells this process
        elsewhere.execute(
            {
                "revoke": "DELETE FROM accounts_apitoken",
                "deactivate": "UPDATE accounts_user SET is_active = false",
                "expire": "UPDATE accounts_apitoken SET expiry = now()",
            }[end]
        )
    deadline = time.monotonic() + tokens.CACHE_S
    for client in clients:
        while client.post(URL, SEVEN, "application/json", headers=headers).status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.01)
