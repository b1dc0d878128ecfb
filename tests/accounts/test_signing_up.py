"""Who may sign up, by invitation or at all, and confirmation of addresses by setting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from post_office.models import Email

from accounts.models import AuditEvent, Invitation, User
from accounts.roles import make_roles
from accounts.sign_up import invitations
from tests.accounts import test_flows
from tests.accounts.test_flows import PASSWORD, _actions, _link, _logged_in
from tests.accounts.test_token_pages import wait_until_blocked
from tests.audit import newest_event

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
SIGN_UP, ADMIN = "/accounts/signup/", "/admin/accounts/invitation/"


@pytest.fixture
def root():
    """Return a superuser."""
    return User.objects.create_superuser("root", "", PASSWORD)


@pytest.fixture
def by_invitation(settings):
    """Let only people with an invitation sign up."""
    settings.SIGN_UP = "invitation"


def _form(name="alice", **more):
    return {"username": name, "password1": PASSWORD, "password2": PASSWORD} | more


def _invite(by, **more):
    return invitations.make(by, **({"email": "", "role": "", "days": 7} | more))


def _opened(link):
    client = Client()
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).url == SIGN_UP
    return client


@pytest.mark.parametrize(("mode", "says"), [("closed", "cannot be created"), ("invitation", "need an invitation")])
def test_where_sign_up_is_not_open_its_page_says_so_and_no_page_links_to_it(settings, client, mode, says):
    settings.SIGN_UP = mode
    assert says in client.get(SIGN_UP).content.decode()
    assert says in client.post(SIGN_UP, _form()).content.decode()
    assert not User.objects.exists()
    for path in ("/", "/accounts/login/", SIGN_UP, "/accounts/password/reset/"):
        assert SIGN_UP not in client.get(path).content.decode()
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert SIGN_UP not in Email.objects.get().message


def test_an_invitation_is_used_once(by_invitation, root):
    _, link = _invite(root)
    here, late = _opened(link), _opened(link)
    assert here.post(SIGN_UP, _form()).status_code == 302
    assert "need an invitation" in late.post(SIGN_UP, _form("bob")).content.decode()
    gone = Client().get(link.removeprefix("http://127.0.0.1:8000"))
    assert gone.status_code == 410
    assert "no longer valid" in gone.content.decode()
    assert Invitation.objects.get().used_by.username == "alice"
    assert _actions() == ["invitation.made", "user.signed_up", "invitation.used", "user.logged_in"]


def test_opening_an_invitation_uses_nothing_and_only_a_hash_is_stored(by_invitation, root):
    invitation, link = _invite(root)
    for _ in range(3):
        _opened(link)
    code = link.rstrip("/").split("/")[-1]
    assert code not in str(Invitation.objects.values_list()) + str(AuditEvent.objects.values_list())
    invitations.revoke(invitation, root)
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 410
    assert _actions() == ["invitation.made", "invitation.revoked"]


def test_an_invitation_expires_also_while_the_form_is_open(by_invitation, root):
    _, link = _invite(root)
    here = _opened(link)
    Invitation.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert "need an invitation" in here.post(SIGN_UP, _form()).content.decode()
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_an_invitation_at_once_one_gets_an_account(by_invitation, root):
    _, link = _invite(root)
    clients = [_opened(link), _opened(link)]
    for number, client in enumerate(clients):
        client.defaults["REMOTE_ADDR"] = f"127.0.0.{number + 2}"  # the limit by address would let one wait

    def sign_up(number):
        try:
            return clients[number].post(SIGN_UP, _form(f"user-{number}")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Invitation.objects.select_for_update().get()
            answers = [pool.submit(sign_up, number) for number in range(2)]
            wait_until_blocked(2)
        assert sorted(answer.result() for answer in answers) == [302, 410]
    assert User.objects.exclude(pk=root.pk).count() == 1


def test_an_invitation_for_an_address_is_mailed_and_takes_no_other(by_invitation, root):
    link = _logged_in("root").post(f"{ADMIN}add/", {"email": "Alice@example.org", "days": "7"}).context["link"]
    mail = Email.objects.get()
    assert (mail.to, link in mail.message) == (["Alice@example.org"], True)
    here = _opened(link)
    here.post(f"{SIGN_UP}?email=other@example.org", _form(email="other@example.org"))
    alice = User.objects.get(username="alice")
    assert list(alice.emailaddress_set.values_list("email", "verified")) == [("alice@example.org", False)]


def test_an_invitation_can_make_a_reviewer(by_invitation, root):
    make_roles()
    here = _opened(_invite(root, role="reviewer")[1])
    here.post(SIGN_UP, _form())
    alice = User.objects.get(username="alice")
    assert alice.is_staff
    assert [group.name for group in alice.groups.all()] == ["reviewer"]
    assert newest_event(action="invitation.used").details == {"made_by": "root", "role": "reviewer"}


def test_the_admin_shows_a_link_once_and_revokes(by_invitation, root):
    admin = _logged_in("root")
    page = admin.post(f"{ADMIN}add/", {"email": "a@example.org", "role": "", "days": "3"})
    assert page.status_code == 201
    link = page.context["link"]
    assert link in page.content.decode()
    assert link not in admin.get(ADMIN).content.decode()
    invitation = Invitation.objects.get()
    assert link not in admin.get(f"{ADMIN}{invitation.pk}/change/").content.decode()
    admin.post(f"{ADMIN}{invitation.pk}/delete/", {"post": "yes"})
    assert not Invitation.objects.exists()
    assert _actions()[-1] == "invitation.revoked"


def test_only_a_superuser_gives_a_role_with_an_invitation(by_invitation):
    make_roles()
    user = User.objects.create_user("adam", "", PASSWORD, is_staff=True)
    user.groups.set(user.groups.model.objects.filter(name="admin"))
    admin = _logged_in("adam")
    assert "role" not in admin.get(f"{ADMIN}add/").context["adminform"].form.fields
    admin.post(f"{ADMIN}add/", {"email": "", "role": "reviewer", "days": "7"})
    assert Invitation.objects.get().role == ""


def test_a_used_invitation_stays_in_the_list(by_invitation, root):
    invitation, link = _invite(root)
    _opened(link).post(SIGN_UP, _form())
    admin = _logged_in("root")
    assert admin.post(f"{ADMIN}{invitation.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(ADMIN, {"action": "delete_selected", "_selected_action": [invitation.pk], "post": "yes"})
    assert Invitation.objects.exists()


def test_a_closed_site_takes_no_invitations(settings, root):
    _, link = _invite(root)
    settings.SIGN_UP = "closed"
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 410


def test_where_confirmation_is_mandatory_nobody_is_logged_in_before(settings, client):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
    assert "email" in client.post(SIGN_UP, _form()).context["form"].errors
    answer = client.post(SIGN_UP, _form(email="alice@example.org"), follow=True)
    assert "Check your email" in answer.content.decode()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert client.get("/accounts/profile/").status_code == 302
    Client().post(_link(Email.objects.earliest("pk")))
    assert User.objects.get().email == "alice@example.org"
    _logged_in("alice@example.org")
    assert client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).url == "/"


def test_an_account_made_without_an_address_has_nothing_to_confirm(settings, root):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert _logged_in("root").get("/accounts/profile/").status_code == 200


def test_a_site_without_mail_asks_for_no_address_and_sends_nothing(settings, client):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
    assert 'name="email"' not in client.get(SIGN_UP).content.decode()
    assert client.post(SIGN_UP, _form(email="alice@example.org")).url == "/"
    assert "/accounts/email/" not in client.get("/accounts/profile/").content.decode()
    for path in ("email", "password/reset"):
        for page in (client.get(f"/accounts/{path}/"), client.post(f"/accounts/{path}/", {"email": "a@example.org"})):
            assert "This site sends no mail" in page.content.decode()
    assert not Email.objects.exists()
    assert not User.objects.get().emailaddress_set.exists()
