"""Deleting an account: who may, what ends at once, and that it is finished whatever dies in between."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from post_office.models import Email

from accounts import deletion
from accounts.models import AccountDeletion, ApiToken, AuditEvent, User
from accounts.tokens import create_token
from predictions import claims, lifecycle
from predictions.models import Job, Prediction, Review, Role, Submission, WebhookDelivery, WebhookEndpoint
from predictions.services import erasure
from predictions.services.review import review_submission
from tests.accounts.factors.people import make_with_app
from tests.accounts.test_flows import PASSWORD, _link, _logged_in, _make
from tests.audit import newest_event
from tests.factories import make_job, make_prediction, make_reviewer, make_submission, make_version, read_one

pytestmark = pytest.mark.django_db
PAGE = "/accounts/data/delete/"


@pytest.fixture(autouse=True)
def real_outbox(settings):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"


@pytest.fixture
def alice(db):
    return _make()


@pytest.fixture
def here(alice):
    """Alice's browser, in which she has just entered her password again."""
    client = _logged_in()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def _root(name="root"):
    root = User.objects.create_superuser(name, f"{name}@example.org", PASSWORD)
    client = Client()
    client.force_login(root)
    return root, client


def test_the_password_is_asked_for_again(alice):
    client = _logged_in()
    for answer in (client.get(PAGE), client.post(PAGE, {"name": "alice"})):
        assert answer.status_code == 302 and answer.url.startswith("/accounts/reauthenticate/")
    assert User.objects.exists() and Client().get(PAGE).url.startswith("/accounts/login/")


def test_who_has_a_second_factor_is_asked_for_it():
    client = Client()
    client.force_login(make_with_app())
    assert client.get(PAGE).url.startswith("/accounts/2fa/reauthenticate/")


def test_who_logs_in_by_single_sign_on_alone_can_delete_too(alice, here):
    User.objects.update(password="!")
    client = Client()
    client.force_login(User.objects.get())
    assert "Your account was deleted" in client.post(PAGE, {"name": "alice"}).content.decode()
    assert not User.objects.exists()


def test_the_page_tells_what_goes_and_what_stays(here):
    page = " ".join(here.get(PAGE).content.decode().split())
    assert "your drawings" in page and "under a random number" in page and "for 30 days" in page
    assert "your sheets with their pages" in page and "your webhooks" in page


@pytest.mark.parametrize("name", ["", "bob", "alice2", "alice "])
def test_the_name_is_asked_for(here, name):
    answer = here.post(PAGE, {"name": name})
    is_right = name.strip() == "alice"
    assert User.objects.exists() is not is_right
    assert ("Your account was deleted" in answer.content.decode()) is is_right


def test_all_access_ends_and_a_mail_confirms_it(alice, here):
    there, text = _logged_in(), create_token(alice, "laptop")
    here.post(PAGE, {"name": "Alice"})
    assert not ApiToken.objects.exists() and text
    assert [client.get("/accounts/profile/").status_code for client in (here, there)] == [302, 302]
    mail = Email.objects.get()
    assert (mail.to, mail.subject) == (["alice@example.org"], "Your Inkling account was deleted")
    assert "alice" not in mail.message
    assert newest_event(action="user.deleted").actor == f"user:{alice.pk}"


def test_a_link_from_before_opens_nothing(alice, here):
    Client().post("/accounts/password/reset/", {"email": alice.email})
    link = _link(Email.objects.latest("pk"))
    here.post(PAGE, {"name": "alice"})
    assert "password1" not in Client().get(link, follow=True).content.decode()


def test_the_last_superuser_cannot_delete_themselves():
    root, client = _root()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert "last active superuser" in client.get(PAGE).content.decode()
    assert "last active superuser" in client.post(PAGE, {"name": "root"}).content.decode()
    assert User.objects.get().is_active and not AccountDeletion.objects.exists()
    _root("other")
    client.post(PAGE, {"name": "root"})
    assert User.objects.get().username == "other"
    with pytest.raises(deletion.LastSuperuser):
        deletion.delete(User.objects.get(), by=root)


@pytest.mark.parametrize("way", ["one", "chosen"])
def test_an_administrator_deletes_an_account_in_the_same_way(alice, way):
    _, admin = _root()
    read_one(alice)
    if way == "one":
        admin.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": alice.pk, "post": "yes"}
        admin.post("/admin/accounts/user/", chosen)
    assert not Submission.objects.exists() and not User.objects.filter(username="alice").exists()
    line = newest_event(action="user.deleted")
    assert (line.actor, line.event.about_id) == ("root", alice.pk)
    assert Email.objects.get().to == ["alice@example.org"]


def test_a_worker_that_reads_a_drawing_meanwhile_writes_nothing(alice):
    version = make_version()
    done = read_one(alice)
    make_submission(alice)
    make_job(done)
    with claims.claimed(1) as [row], claims.claimed_job() as [job]:
        deletion.delete(alice, by=alice)
        assert not lifecycle.succeed(row, make_prediction(row, version))
        assert not lifecycle.complete_job(job, {})
    assert not Prediction.objects.exists() and not Job.objects.exists() and not Submission.objects.exists()


def test_what_does_not_fit_into_the_request_is_done_later(alice, here, monkeypatch):
    for _ in range(5):
        make_submission(alice)
    monkeypatch.setattr(erasure, "DRAWINGS", 2)
    monkeypatch.setattr(deletion, "IN_REQUEST_S", 0.0)
    assert "Your account was deleted" in here.post(PAGE, {"name": "alice"}).content.decode()
    assert Submission.objects.count() and not User.objects.get().is_active
    assert here.get("/accounts/profile/").status_code == 302
    deletion.finish_all()
    assert not Submission.objects.exists() and not User.objects.exists()


def test_webhooks_go_before_the_rest(alice):
    endpoint = WebhookEndpoint.objects.create(owner=alice, url="https://alice.example/hook", events=["sheet.read"])
    WebhookDelivery.objects.create(endpoint=endpoint, event="sheet.read", body="{}")
    make_submission(alice)
    assert erasure.erase_batch(alice.pk, None), "there is more"
    assert not WebhookDelivery.objects.exists() and not WebhookEndpoint.objects.exists()


def test_two_who_delete_at_once_take_turns(alice):
    deletion.begin(alice, by=alice)
    AccountDeletion.objects.update(lease_until=Now() + deletion.LEASE)
    deletion.finish_all()
    assert User.objects.exists()
    AccountDeletion.objects.update(lease_until=Now())
    deletion.finish_all()
    assert not User.objects.exists()


def test_what_fails_is_tried_again(alice, monkeypatch):
    broken = pytest.MonkeyPatch()
    broken.setattr(erasure, "erase_mentions", lambda _: connection.cursor().execute("SELECT nothing"))
    from django.db import transaction

    with transaction.atomic():
        deletion.delete(alice, by=alice)
    assert User.objects.exists()
    broken.undo()
    deletion.finish_all()
    assert not User.objects.exists()


def test_a_user_whom_older_code_deletes_is_forgotten_too(alice):
    here = _logged_in()
    number = alice.pk
    User.objects.filter(pk=number).delete()
    assert AccountDeletion.objects.get().number == number
    deletion.finish_all()
    assert not AccountDeletion.objects.exists() and not AuditEvent.objects.exclude(address=None).exists()
    assert here.get("/accounts/profile/").status_code == 302


def test_reviews_keep_one_number_a_person(alice):
    carol, dave = make_reviewer(), make_reviewer("dave")
    rows = [read_one(alice) for _ in range(3)]
    for row, by in ((rows[0], carol), (rows[1], carol), (rows[2], dave)):
        review_submission(row, by, "7", Role.REVIEWER)
    deletion.delete(carol, dave, by=alice)
    first, second, third = Review.objects.order_by("pk").values_list("former_reviewer", flat=True)
    assert first == second != third and max(first, third) < 0
    assert not Review.objects.exclude(reviewer=None).exists()
    assert set(Submission.objects.values_list("label", flat=True)) == {"7"}


def test_nothing_of_others_is_deleted(alice):
    """A name that is a part of other names and addresses, and an address that was asked for and is another's."""
    victim = User.objects.create_user("alices", "alice@example.org.uk", PASSWORD)
    mallory = User.objects.create_user("alic", "alice@example.or", PASSWORD)
    mallory.emailaddress_set.create(email=victim.email)
    letter = {"from_email": "i@example.org", "message": "A link."}
    mails = [Email.objects.create(to=[person.email], **letter) for person in (victim, alice)]
    browser = _logged_in("alices")
    deletion.delete(mallory, by=mallory)
    deletion.finish_all()
    assert set(mails) <= set(Email.objects.all())
    assert browser.get("/accounts/profile/").status_code == 200
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "alices"}
    assert AnonymousUser().pk is None


@pytest.mark.django_db(transaction=True)  # another process deletes
def test_a_deletion_goes_on_after_its_process_was_killed():
    alice = _make()
    for _ in range(4):
        make_submission(alice)
    url = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    code = f"""
import os, signal, django
django.setup()
from accounts import deletion
from accounts.models import User
from predictions.services import erasure
erasure.DRAWINGS = 1
real = erasure.erase_batch
def erase_batch(*values):
    if erasure.Submission.objects.count() == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*values)
erasure.erase_batch = erase_batch
alice = User.objects.get(pk={alice.pk})
deletion.delete(alice, by=alice)
"""
    env = {**os.environ, "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}"))}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = subprocess.run([sys.executable, "-c", code], env=env, check=False)
    assert done.returncode == -9
    assert Submission.objects.count() == 2 and not User.objects.get().is_active
    deletion.finish_all()
    assert User.objects.exists()  # it could be still at work
    AccountDeletion.objects.update(lease_until=Now())
    deletion.finish_all()
    assert not User.objects.exists() and not Submission.objects.exists()
