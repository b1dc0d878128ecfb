"""A guest who logs in or signs up is asked once what to keep, and gets it once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from predictions.models import Prediction, Submission
from predictions.services import guests
from tests.factories import make_submission, make_user, read_one
from tests.guests import DRAWINGS, draw, new_guest, read_all

pytestmark = pytest.mark.django_db
PASSWORD = "draws digits well"


def _post(client: Client, path: str, **form: str):
    return client.post(path, form | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})


def _keep(client):
    return _post(client, reverse("keep-guest-drawings"))


@pytest.fixture
def guest() -> Client:
    """Return a guest who has drawn on three canvases, on one of them twice, which has been read."""
    guest, canvas = new_guest(), str(uuid4())
    for one in (canvas, canvas, str(uuid4()), str(uuid4())):
        draw(guest, canvas=one)
    read_all("7")
    return guest


def _sign_up(client: Client, name: str = "dora") -> User:
    client.get(reverse("account_signup"))
    _post(client, reverse("account_signup"), username=name, password1=PASSWORD, password2=PASSWORD)
    return User.objects.get(username=name)


def _log_in(client: Client, name: str = "dora") -> None:
    client.get(reverse("account_login"))
    assert _post(client, reverse("account_login"), login=name, password=PASSWORD).status_code == 302


def _asks(client: Client, page: str = "draw") -> str:
    """Return the question on a page, or ""."""
    text = client.get(reverse(page)).content.decode()
    return text.partition('id="keep-title">')[2].partition("<")[0].strip()


@pytest.mark.parametrize("page", ["draw", "history", "profile"])
def test_the_first_page_after_signing_up_asks(guest, page):
    _sign_up(guest)
    assert _asks(guest, page) == "Keep these 3 drawings?"


def test_logging_in_asks_too(guest):
    User.objects.create_user("dora", "", PASSWORD)
    _log_in(guest)
    assert _asks(guest) == "Keep these 3 drawings?"
    assert _asks(guest) == "Keep these 3 drawings?"  # until it is answered


def test_a_single_drawing_is_asked_about_in_the_singular():
    guest = new_guest()
    draw(guest)
    _sign_up(guest)
    assert _asks(guest) == "Keep this drawing?"


def test_somebody_who_drew_nothing_is_not_asked():
    client = new_guest()
    _sign_up(client)
    assert _asks(client) == ""


def test_kept_drawings_are_ordinary_ones(guest):
    dora = _sign_up(guest)
    answer = _keep(guest)
    assert (answer.status_code, answer.url) == (302, reverse("history"))
    page = guest.get(answer.url)
    assert "3 drawings are now in your history." in page.content.decode()
    rows = page.context["submissions"]
    assert len(rows) == 3
    assert {(row.owner, row.guest_key, row.deleted_at, row.lane, row.text) for row in rows} == {
        (dora, "", None, "interactive", "7")
    }
    assert guest.get(reverse("item", args=[rows[0].id])).status_code == 200
    assert _asks(guest) == ""
    assert AuditEvent.objects.get(action="guest_drawings.kept").details == {"count": 3}


def test_a_drawing_that_still_waits_is_kept_and_read_as_a_users():
    guest = new_guest()
    row = draw(guest)
    _sign_up(guest)
    _keep(guest)
    row.refresh_from_db()
    assert (row.status, row.lane) == ("queued", "interactive")


def test_declined_drawings_are_deleted(guest):
    mine = read_one(_sign_up(guest))
    answer = _post(guest, reverse("discard-guest-drawings"))
    assert (answer.status_code, answer.url) == (302, reverse("draw"))
    assert list(Submission.objects.all()) == [mine]
    assert Prediction.objects.count() == 1
    assert _asks(guest) == ""
    assert AuditEvent.objects.get(action="guest_drawings.deleted").details == {
        "count": 4
    }  # one was replaced by a newer reading


def test_drawings_are_kept_once(guest):
    _sign_up(guest)
    key = guest.session["guest_key"]
    assert guests.claim(key, make_user("bob")) == 3
    assert "already in your history, or were deleted" in guest.get(_keep(guest).url).content.decode()
    assert {row.owner.username for row in Submission.objects.exclude(owner=None)} == {"bob"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["keep-guest-drawings", "discard-guest-drawings"])
def test_two_answers_at_the_same_moment_do_not_both_count(guest, rival):
    dora = _sign_up(guest)
    before, barrier = guest.session.session_key, Barrier(2)

    def answer(name):
        client = Client()
        client.cookies.load(guest.cookies.output(header="", sep=";"))
        client.cookies["sessionid"] = before
        barrier.wait()
        try:
            return client.post(reverse(name)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(answer, ["keep-guest-drawings", rival])) == [302, 302]
    kept = Submission.objects.filter(owner=dora).count()
    assert kept in ({3} if rival == "keep-guest-drawings" else {0, 3})
    assert Submission.objects.filter(owner=None, superseded_at=None).count() == 0
    kept_events = AuditEvent.objects.filter(action="guest_drawings.kept")
    assert kept_events.count() == (1 if kept else 0)


def test_an_id_that_the_user_has_given_to_another_drawing_stays_with_that_one():
    guest = new_guest()
    row, other = draw(guest), draw(guest)
    dora = _sign_up(guest)
    make_submission(dora, id=row.id)
    _keep(guest)
    other.refresh_from_db()
    assert other.owner == dora
    assert Submission.objects.filter(id=row.id).count() == 2


def test_a_drawing_past_its_hour_can_not_be_kept(guest):
    dora = _sign_up(guest)
    Submission.objects.update(deleted_at="2020-01-01T00:00Z")
    assert _asks(guest) == ""
    assert guests.claim(guest.session.get("guest_key", ""), dora) == 0


def test_a_question_needs_a_user_and_a_token(guest):
    answer = _keep(guest)
    assert (answer.status_code, answer.url.startswith("/accounts/login/")) == (302, True)
    _sign_up(guest)
    assert guest.post(reverse("keep-guest-drawings")).status_code == 403
    assert guest.get(reverse("keep-guest-drawings")).status_code == 302
    assert Submission.objects.filter(owner=None).count() == 4


def test_logging_in_changes_the_session_and_keeps_the_key(guest):
    before, key = guest.session.session_key, guest.session["guest_key"]
    _sign_up(guest)
    assert guest.session.session_key != before
    assert guest.session["guest_key"] == key
    assert not Session.objects.filter(session_key=before).exists()
    thief = Client()
    thief.cookies["sessionid"] = before  # planted before the log-in
    row = Submission.objects.filter(guest_key=key).first()
    assert thief.get(f"{DRAWINGS}{row.id}/").status_code == 404


@pytest.mark.parametrize("way", [_sign_up, _log_in])
def test_a_users_session_lasts_longer_than_a_guests(guest, way):
    if way is _log_in:
        User.objects.create_user("dora", "", PASSWORD)
    way(guest)
    assert guest.session.get_expiry_age() > 86_400


def test_logging_out_forgets_the_guest(guest):
    _sign_up(guest)
    _post(guest, reverse("account_logout"))
    assert "guest_key" not in guest.session
    _log_in(guest)
    assert _asks(guest) == ""
    assert Submission.objects.filter(owner=None).count() == 4  # until the sweep deletes them


def test_the_next_user_of_the_browser_is_asked_only_about_later_drawings(guest):
    _sign_up(guest)
    _post(guest, reverse("account_logout"))
    guest.get("/")
    draw(guest)
    _sign_up(guest, "erin")
    assert _asks(guest) == "Keep this drawing?"
