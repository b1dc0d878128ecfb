"""Each response, and each line of the log about its request, has the request's id; only a trusted proxy chooses it."""

import json
import re
import uuid

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.tokens import TokenAuthentication
from config.logs.lines import Lines
from config.logs.request_ids import choose, choose_for_head
from predictions.models.submissions.request_ids import current_request_id

SENT = "5f0c9d0e1234400080000000000000ab"


@pytest.fixture
def is_behind_proxy(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


@pytest.mark.usefixtures("is_behind_proxy")
@pytest.mark.parametrize("sent", [SENT, SENT.upper(), str(uuid.UUID(SENT))])
def test_the_id_of_a_trusted_proxy_is_kept(sent):
    assert choose(sent) == SENT


@pytest.mark.usefixtures("is_behind_proxy")
@pytest.mark.parametrize(
    "sent", [None, "", "0" * 32, SENT[:16] + "0" * 16, SENT[:-1], SENT + "0", f"{SENT},{SENT}", "x" * 32, SENT + "\n"]
)
def test_what_is_no_id_gets_a_new_one(sent):
    found = choose(sent)
    assert re.fullmatch("[0-9a-f]{32}", found) and found not in {sent, SENT}


def test_clients_without_a_trusted_proxy_choose_no_id():
    assert choose(SENT) != SENT


def test_the_second_half_of_new_ids_is_random_as_it_chooses_which_requests_are_traced():
    assert len({choose(None)[16] for _ in range(200)}) > 8
    assert len({current_request_id().hex[16] for _ in range(200)}) > 8


@pytest.mark.usefixtures("is_behind_proxy")
def test_the_id_is_found_in_the_head_of_what_never_comes_to_the_application():
    head = f"POST / HTTP/1.1\r\nX-Request-Id:  {SENT} \r\nHost: x".encode()
    assert choose_for_head(head) == SENT
    assert choose_for_head(head[:50]) != SENT  # it may go on
    assert choose_for_head(b"GET / HTTP/1.1\r\n\r\nX-Request-ID: " + SENT.encode()) != SENT
    assert choose_for_head(head + b"\r\nx-request-id: " + SENT.encode()) != SENT


@pytest.mark.django_db
@pytest.mark.usefixtures("is_behind_proxy")
@pytest.mark.parametrize("path", ["/", "/health/live", "/nothing/", "/static/js/draw.js", "/api/v1/submissions/"])
def test_every_response_has_it(path):
    answer = Client().get(path, headers={"X-Request-ID": SENT})
    answer.close()
    assert answer["X-Request-ID"] == SENT


@pytest.mark.django_db
@pytest.mark.usefixtures("is_behind_proxy")
def test_lines_about_a_request_have_its_id_after_its_middleware_too(caplog):
    caplog.handler.setFormatter(Lines())
    Client().get("/nothing/", headers={"X-Request-ID": SENT})
    [line] = [json.loads(line) for line in caplog.text.splitlines()]
    assert line["request_id"] == SENT and line["event"].startswith("Not Found: /nothing/")


@pytest.mark.django_db
@pytest.mark.usefixtures("is_behind_proxy")
def test_the_next_request_of_a_thread_has_an_id_of_its_own():
    first, second = (Client().get("/health/live", headers=headers) for headers in ({"X-Request-ID": SENT}, {}))
    assert (first["X-Request-ID"] == SENT) and second["X-Request-ID"] != SENT


@pytest.mark.django_db
@pytest.mark.usefixtures("is_behind_proxy")
def test_pages_about_faults_of_ours_tell_it_in_the_readers_language(monkeypatch):
    def fail(*args, **options):
        raise RuntimeError

    headers = {"X-Request-ID": SENT, "Accept-Language": "de"}
    monkeypatch.setattr("allauth.account.views.LoginView.dispatch", fail)
    failed = Client(raise_request_exception=False).get("/accounts/login/", headers=headers)
    assert failed.status_code == 500
    assert f"nenne diese Kennung: <code>{SENT}</code>" in failed.content.decode()
    assert SENT not in Client().get("/nothing/", headers=headers).content.decode()  # nor on pages about people's own


@pytest.mark.django_db
@pytest.mark.usefixtures("is_behind_proxy")
def test_faults_of_ours_repeat_it_in_json(monkeypatch):
    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr(TokenAuthentication, "authenticate", fail)
    client = Client(headers={"Authorization": "Token ink_x", "X-Request-ID": SENT})
    answer = client.get("/api/v1/submissions/")
    assert (answer.status_code, answer.json()["error"]["request_id"]) == (503, SENT)
    assert "request_id" not in Client().get("/api/v1/nothing/").json()["error"]
