"""The checked-in schema is up to date, and each of its responses is produced, with the body that it describes."""

import json
import uuid
from pathlib import Path

import jsonschema
import pytest
from django.core.management import call_command
from django.db import OperationalError
from rest_framework.test import APIClient

from accounts.limits import requests as rate_limits
from accounts.models import ApiToken
from predictions import claims, lifecycle
from predictions.models import Drawing, Role, Submission
from predictions.services.review import review_submission
from tests.exports import queue_export, write_export
from tests.factories import (
    ONE,
    SEVEN,
    URL,
    explain,
    make_job,
    make_prediction,
    make_submission,
    make_version,
    read_one,
)

pytestmark = pytest.mark.django_db
FILE = Path(__file__).resolve().parents[3] / "predictions/api/openapi.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
OPERATIONS = {op["operationId"]: op for path in SCHEMA["paths"].values() for op in path.values()}
EXPORTS = "/api/v1/exports/"
ROUTES = {
    "list_submissions": ("get", URL),
    "submit_drawing": ("post", URL),
    "submit_batch": ("post", f"{URL}batch/"),
    "get_submission": ("get", f"{URL}{{id}}/"),
    "put_drawing": ("put", f"{URL}{{id}}/"),
    "delete_submission": ("delete", f"{URL}{{id}}/"),
    "cancel_submission": ("post", f"{URL}{{id}}/cancel/"),
    "retry_submission": ("post", f"{URL}{{id}}/retry/"),
    "review_submission": ("post", f"{URL}{{id}}/review/"),
    "withdraw_review": ("delete", f"{URL}{{id}}/review/"),
    "get_image": ("get", f"{URL}{{id}}/image/"),
    "ask_for_explanation": ("post", f"{URL}{{id}}/explanation/"),
    "get_explanation": ("get", f"{URL}{{id}}/explanation/"),
    "read_again": ("post", f"{URL}{{id}}/read-again/"),
    "get_read_again": ("get", f"{URL}{{id}}/read-again/"),
    "get_queue": ("get", "/api/v1/queue/"),
    "stream_submissions": ("get", "/api/v1/submissions.ndjson"),
    "list_exports": ("get", EXPORTS),
    "request_export": ("post", EXPORTS),
    "get_export": ("get", f"{EXPORTS}{{id}}/"),
    "delete_export": ("delete", f"{EXPORTS}{{id}}/"),
    "get_export_file": ("get", f"{EXPORTS}{{id}}/file"),
}
BODIES = {
    "submit_drawing": SEVEN,
    "put_drawing": SEVEN,
    "submit_batch": [SEVEN],
    "review_submission": {"text": "1"},
    "request_export": {"format": "csv"},
}
JOBS = {"get_explanation": "explain", "get_read_again": "read_again"}


def test_the_checked_in_schema_is_up_to_date(tmp_path):
    made = tmp_path / "openapi.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(made), "--validate", "--fail-on-warn")
    assert json.loads(made.read_text()) == SCHEMA, (
        "Write it again: manage.py spectacular --format openapi-json --file predictions/api/openapi.json"
    )


def test_every_example_matches_its_schema():
    for operation in OPERATIONS.values():
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in body.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    check(example["value"], content["schema"])


def test_the_schema_keeps_what_clients_of_the_first_version_use():
    """Compare with v1_fields.json: operations, responses and fields may be added, but none may go."""
    now = fields_of(SCHEMA)
    assert {name: sorted(set(before) - set(now[name])) for name, before in V1.items()} == {name: [] for name in V1}


def fields_of(schema):
    """Return the operations, with their parameters and responses, and the fields of a schema, one a line."""
    operations = [
        f"{operation['operationId']}: {method.upper()} {path} {' '.join(kind)}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        for kind in (
            *((f"{one['in']} {one['name']}",) for one in operation.get("parameters", ())),
            *(("body", media) for media in operation.get("requestBody", {}).get("content", ())),
            *(("response", status) for status in operation["responses"]),
        )
    ]
    fields = [
        f"{name}.{field}"
        for name, component in schema["components"]["schemas"].items()
        for field in component.get("properties", ())
    ]
    return {"operations": sorted(operations), "fields": sorted(fields)}


def check(body, schema):
    """Check a body against a schema; a response must not have fields that the schema does not name."""
    jsonschema.validate(body, {**schema, "components": STRICT}, jsonschema.Draft202012Validator)


def strict(components):
    """Return the components with every object closed, except those that clients send."""
    closed = {name: {**component} for name, component in components.items()}
    for name, component in closed.items():
        if "properties" in component and name not in {"Strokes", "Base64Image", "ImageForm", "ImagesForm", "Answer"}:
            component["additionalProperties"] = False
    return closed


STRICT = {"schemas": strict(SCHEMA["components"]["schemas"])}
V1 = json.loads(Path(__file__).with_name("v1_fields.json").read_text(encoding="utf-8"))


def component(name):
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_submission_in_any_state_matches_the_schema(api, alice, admin_user):
    make_version()
    read, canceled, unread = read_one(alice), make_submission(alice), make_submission(alice)
    lifecycle.cancel(Submission.objects.filter(pk=canceled.pk))
    make_job(read, "read_again", make_version("newer", b"newer"))
    with claims.claimed_job() as [job]:
        lifecycle.complete_job(job, prediction=make_prediction(read, job.model_version, "1"))
    with claims.claimed(9) as rows:
        for row in rows:
            lifecycle.fail(row, "blank")
    review_submission(read, alice, "7", Role.OWNER)
    review_submission(unread, admin_user, "", Role.REVIEWER)
    make_submission(alice)
    for row in api.get(URL).json()["results"]:
        check(row, component("ListedSubmission"))
        check(api.get(row["url"]).json(), component("Submission"))
    statuses = [row["status"] for row in api.get(URL).json()["results"]]
    assert set(statuses) == {"queued", "canceled", "failed", "succeeded"}
    again = api.get(f"{URL}{read.id}/").json()
    assert again["result"]["receipt"]["worker"] == again["readings"][0]["receipt"]["worker"] == "test"


def test_a_field_that_the_schema_does_not_name_is_found(api, alice):
    body = api.get(f"{URL}{read_one(alice).id}/").json()
    body["result"]["receipt"]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        check(body, component("Submission"))


class Operation:
    """An operation of the API, called in the ways that lead to each of its status codes."""

    def __init__(self, name, api, alice, settings, monkeypatch):
        self.name, self.api, self.alice, self.settings, self.monkeypatch = name, api, alice, settings, monkeypatch
        self.method, self.path = ROUTES[name]

    def call(self, row=None, *, body=None, client=None, id_=None, **headers):
        url = self.path.format(id=id_ or (row.id if row else uuid.uuid4()))
        body = BODIES.get(self.name) if body is None else body
        return getattr(client or self.api, self.method)(url, body, format="json", **headers)

    def raw(self, row=None, data=b"{}", content_type="application/json", **headers):
        url = self.path.format(id=row.id if row else uuid.uuid4())
        return self.api.generic(self.method.upper(), url, data, content_type=content_type, **headers)

    def make_row(self):
        """Return a submission on which this operation succeeds."""
        if self.name == "retry_submission":
            return self.failed("gave_up")
        if self.name == "cancel_submission":
            return make_submission(self.alice)
        row = read_one(self.alice)
        if ROUTES[self.name][1].startswith(EXPORTS):
            return write_export(self.alice)
        if self.name in JOBS:
            make_job(row, JOBS[self.name])
        if self.name == "ask_for_explanation":
            explain(row)
        if self.name == "withdraw_review":
            review_submission(row, self.alice, "1", Role.OWNER)
        Drawing.objects.filter(submission=row).update(thumbnail=b"small")
        return row

    def failed(self, code):
        row = make_submission(self.alice)
        with claims.claimed(1) as [claimed]:
            lifecycle.fail(claimed, code)
        return row

    def produce(self, status):
        """Return an response with this status."""
        return getattr(self, f"produce_{status}")()

    def produce_200(self):
        if self.name == "stream_submissions":
            read_one(self.alice)
        return self.call(self.make_row() if "{id}" in self.path else None)

    def produce_201(self):
        if self.name == "review_submission":
            return self.call(read_one(self.alice))
        version, sent = make_version(), lifecycle.queue

        def read_at_once(submission, drawing):
            row = sent(submission, drawing)
            with claims.claimed(1) as [claimed]:
                lifecycle.succeed(claimed, make_prediction(claimed, version))
            return row

        self.monkeypatch.setattr(lifecycle, "queue", read_at_once)
        return self.call(HTTP_PREFER="wait=1")  # in full: this transaction commits no notification

    def produce_202(self):
        if self.name == "read_again":
            row = read_one(self.alice)
            make_version("newer", b"newer")
            return self.call(row)
        return self.call(read_one(self.alice) if self.name in {"ask_for_explanation", "request_export"} else None)

    def produce_204(self):
        return self.call(self.make_row() if self.name == "delete_export" else make_submission(self.alice))

    def produce_206(self):
        return self.call(self.make_row(), HTTP_RANGE="bytes=0-9")

    def produce_304(self):
        row = read_one(self.alice)
        return self.call(row, HTTP_IF_NONE_MATCH=self.call(row)["ETag"])

    def produce_400(self):
        if self.name in {"list_submissions", "stream_submissions"}:
            return self.api.get(self.path, {"status": "many"})
        if self.name == "get_queue":
            return self.api.get(self.path, {"submission": "seven"})
        if "wait" in {parameter["name"] for parameter in OPERATIONS[self.name].get("parameters", ())}:
            return self.api.get(f"{self.path.format(id=self.make_row().id)}?wait=long")
        return self.call(read_one(self.alice), body={"x": 1})

    def produce_401(self):
        return self.call(client=APIClient())

    def produce_403(self):
        ApiToken.objects.update(scopes="")
        return self.call()

    def produce_404(self):
        if self.name == "request_export":
            return self.call(body={"format": "sheet", "sheet": str(uuid.uuid4())})
        return self.call(id_="no-uuid") if self.name == "put_drawing" else self.call()

    def produce_408(self):
        def stop(*_):
            raise OSError("the client went away")

        self.monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", stop)
        return self.raw(read_one(self.alice))

    def produce_409(self):
        if self.name == "put_drawing":
            return self.call(id_=self.call(body=ONE).data["id"])
        if self.name in {"review_submission", "get_image", "ask_for_explanation", "read_again"}:
            return self.call(make_submission(self.alice))
        if self.name in {"request_export", "get_export_file"}:
            read_one(self.alice)
            return self.call(queue_export(self.alice))
        return self.call(self.failed("blank"))

    def produce_410(self):
        row = self.call(HTTP_IDEMPOTENCY_KEY="k").data["id"]
        self.api.delete(f"{URL}{row}/")
        return self.call(id_=row, HTTP_IDEMPOTENCY_KEY="k")

    def produce_411(self):
        return self.raw(HTTP_TRANSFER_ENCODING="chunked")

    def produce_413(self):
        return self.raw(CONTENT_LENGTH=str(10**9))

    def produce_415(self):
        return self.raw(read_one(self.alice), b"<digit/>", "text/xml")

    def produce_416(self):
        return self.call(self.make_row(), HTTP_RANGE="bytes=1000000-")

    def produce_422(self):
        self.call(HTTP_IDEMPOTENCY_KEY="k")
        return self.call(body=[ONE] if self.name == "submit_batch" else ONE, HTTP_IDEMPOTENCY_KEY="k")

    def produce_429(self):
        self.settings.RATE_LIMIT_PER_S = 1
        while (response := self.call()).status_code != 429:
            pass
        return response

    def produce_503(self):
        def gone(_):
            raise OperationalError("the server closed the connection")

        self.monkeypatch.setattr(rate_limits, "count_request", gone)
        return self.call()


def is_of(name, tag):
    """Return whether an operation is on sheets, or on webhooks: `TAG/test_statuses.py` produces its status codes."""
    return tag in OPERATIONS[name]["tags"]


def _responses():
    names = [name for name in OPERATIONS if not is_of(name, "sheets") and not is_of(name, "webhooks")]
    return [(name, int(status)) for name in names for status in OPERATIONS[name]["responses"]]


@pytest.mark.parametrize(("name", "status"), _responses())
def test_each_status_code_is_produced_as_documented(name, status, api, alice, settings, monkeypatch):
    rate_limits._windows.clear()
    response = Operation(name, api, alice, settings, monkeypatch).produce(status)
    monkeypatch.undo()
    check_response(name, status, response)


def check_response(name, status, response):
    """Check that a response is one that the schema describes."""
    sent = b"".join(response) if response.streaming else response.content
    assert response.status_code == status, sent
    documented = OPERATIONS[name]["responses"][str(status)]
    content = documented.get("content", {})
    if sent:
        _check_body(response, content[response["Content-Type"].split(";")[0]]["schema"])
    else:
        assert not content
    headers = set(documented.get("headers", {})) & {"RateLimit", "RateLimit-Policy", "Location"}
    headers |= {"Retry-After"} if status in (202, 429, 503) and name != "submit_batch" else set()
    assert headers <= set(response.headers), response.headers


def _check_body(response, schema):
    if response["Content-Type"].startswith("application/json") and not response.streaming:
        check(json.loads(response.content), schema)


def test_the_schema_is_public(client):
    response = client.get("/api/v1/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert json.loads(response.content) == SCHEMA
