"""After an account's deletion nothing of its person is stored: every table and all of Redis are searched."""

import base64

import pytest
from django.db import connection
from post_office.models import STATUS, Email

from accounts import deletion
from accounts.models import AccountDeletion, AuditEvent, AuditText, Invitation, User
from predictions.models import (
    Deletion,
    DoubleReview,
    Export,
    KnownAnswer,
    Review,
    ReviewEntry,
    ReviewLease,
    ReviewRequest,
    Submission,
)
from tests.accounts.deletion import person
from tests.accounts.deletion.person import EMAIL, MARKERS, NAME, PASSWORD
from tests.accounts.deletion.traces import find_traces
from tests.factories import make_reviewer

pytestmark = pytest.mark.django_db
PAGE = "/accounts/data/delete/"


@pytest.fixture(autouse=True)
def everything_on(settings):
    """Track sessions, and queue mail, which tests otherwise leave out."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "accounts.identity.sessions.track_sessions"]
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root", "root@example.org", None)


@pytest.fixture
def user(db):
    return person.make_person()


@pytest.fixture
def browser(user, root):
    browser = person.log_in()
    person.fill_account(user, root)
    person.use_admin(user, root)
    person.write_old_events(user, root)
    return browser


def _delete(browser, root):
    """Delete the account as its owner does: with the second factor's place taken by an administrator who removes it."""
    from accounts.factors.removal import remove_all

    remove_all(User.objects.get(username=NAME), by=root)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = browser.post(PAGE, {"name": NAME})
    assert answer.status_code == 200 and "Your account was deleted" in answer.content.decode()
    return answer


def test_nothing_of_a_person_is_stored_after_their_account_is_deleted(user, root, browser):
    others = person.draw(user, carol := make_reviewer())
    places = {trace.partition(":")[0] for trace in find_traces(MARKERS)}
    everywhere = {"accounts_user", "accounts_apitoken", "accounts_auditevent", "accounts_audittext", "django_session"}
    assert everywhere <= places and len(places) > 15, places
    assert {"predictions_exportchunk", "predictions_readagainrequest"} <= places
    known = {trace.partition(": ")[2] for trace in find_traces(MARKERS)}
    assert known == {text.lower() for text in MARKERS} - {"xqtyped"}

    _delete(browser, root)
    deletion.finish_all()  # as the sweep does
    farewell = f"post_office_email: {EMAIL.lower()}"
    assert find_traces(MARKERS) == {farewell}
    Email.objects.update(status=STATUS.sent)
    deletion.finish_all()
    assert find_traces(MARKERS) == set()
    assert not AccountDeletion.objects.exists()

    review = Review.objects.get()
    assert (review.submission, review.text, review.reviewer, review.former_reviewer < 0) == (others, "5", None, True)
    assert Submission.objects.get(pk=others.pk).label == "5"
    assert DoubleReview.objects.get().first == review
    for table in (ReviewLease, ReviewEntry, KnownAnswer, Deletion, Export):
        assert not table.objects.exists(), table
    assert not ReviewRequest.objects.exists() and not Invitation.objects.filter(made_by=None).exists()
    assert AuditEvent.objects.filter(actor_id=user.pk).count() > 5  # the numbers stay
    assert not AuditText.objects.filter(person=user.pk).exists() and carol.is_active


def test_a_table_that_keeps_a_person_is_found(user, root, browser):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_by_mistake (plain text, hidden bytea, encoded text)")
        encoded = base64.b64encode(f"to {EMAIL}".encode()).decode()
        for values in ((NAME.upper(), b"", ""), ("", b"\0xqbytes\0", ""), ("", b"", encoded)):
            cursor.execute("INSERT INTO kept_by_mistake VALUES (%s, %s, %s)", values)
    _delete(browser, root)
    deletion.finish_all()
    Email.objects.all().delete()
    found = {f"kept_by_mistake: {marker}" for marker in (NAME, "xqbytes", EMAIL.lower())}
    assert find_traces(MARKERS) == found


def test_what_redis_keeps_is_found(user):
    import redis
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL)
    client.hset("kept-by-mistake", "of", f"somebody called {NAME}")
    try:
        assert f"redis: {NAME}" in find_traces([NAME])
    finally:
        client.delete("kept-by-mistake")
        client.close()


def test_the_browser_is_told_to_forget_the_site(user, root, browser):
    answer = _delete(browser, root)
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert browser.get("/accounts/profile/").status_code == 302
