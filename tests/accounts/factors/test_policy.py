"""The second factor cannot be walked round; who must have one; who may add one; what administrators may remove."""

import pytest
from allauth.mfa import urls as allauth_urls
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver, reverse
from post_office.models import Email
from rest_framework.test import APIRequestFactory

from accounts.factors import policy
from accounts.models import User
from accounts.roles import make_roles, may_review
from accounts.tokens import TokenAuthentication, create_token
from tests.accounts import test_flows
from tests.accounts.factors.people import FACTORS, SECRET, STEP, begin_log_in, code_of, forget_used_codes, make_with_app
from tests.accounts.test_access import _reset
from tests.accounts.test_flows import OTHER, PASSWORD, _actions, _link, _logged_in, _make
from tests.audit import newest_event
from tests.factories import make_reviewer

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox


def _is_in(client):
    return client.get("/accounts/profile/").status_code == 200


def _with_password(user):
    user.set_password(PASSWORD)
    user.save()
    return user


def test_the_way_through_the_admin_asks_for_the_code():
    User.objects.filter(pk=make_with_app().pk).update(is_staff=True, is_superuser=True)
    client = Client()
    url = client.get("/admin/", follow=True).redirect_chain[-1][0]
    given = {"login": "alice", "password": PASSWORD, "username": "alice", "next": "/admin/"}
    assert client.post("/admin/login/", given).status_code == 302
    assert client.post(url, given).url == STEP
    assert client.get("/admin/").status_code == 302
    assert client.post(STEP, {"code": code_of()}).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_mailed_reset_changes_the_password_and_the_code_is_still_asked():
    make_with_app()
    _reset("alice@example.org")
    client = begin_log_in(password=OTHER)
    assert not _is_in(client)
    assert Authenticator.objects.exists()


def test_a_reset_ends_a_log_in_that_waits_for_its_code():
    make_with_app()
    thief = begin_log_in()
    _reset("alice@example.org")
    assert thief.post(STEP, {"code": code_of()}).url == "/accounts/login/"
    assert thief.get(STEP).url == "/accounts/login/"
    assert not _is_in(thief)


def test_a_confirmation_link_logs_nobody_in():
    alice = make_with_app()
    alice.emailaddress_set.update(verified=False)
    here = begin_log_in()
    here.post(STEP, {"code": code_of()})
    here.post("/accounts/email/", {"email": alice.email, "action_send": ""})
    stranger = Client()
    for mail in Email.objects.filter(subject__contains="Confirm"):
        stranger.post(_link(mail))
    assert not _is_in(stranger)


def test_a_changed_password_keeps_the_factor():
    make_with_app()
    here = begin_log_in()
    here.post(STEP, {"code": code_of()})
    forget_used_codes()
    here.post(f"{FACTORS}reauthenticate/", {"code": code_of()})
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})
    forget_used_codes()
    assert not _is_in(begin_log_in(password=OTHER))


def test_pages_of_factors_ask_for_the_log_in_first():
    make_with_app()
    client = begin_log_in()
    for page in ("", "totp/activate/", "totp/deactivate/", "recovery-codes/", "webauthn/add/", "reauthenticate/"):
        for answer in (client.get(FACTORS + page), client.post(FACTORS + page)):
            assert answer.status_code == 302, page
            assert answer.url.startswith("/accounts/login/"), page
    assert Authenticator.objects.get().type == "totp"


def test_a_guest_stays_a_guest_until_the_code_is_right(settings):
    make_with_app()
    client = Client()
    drawing = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
    made = client.post("/api/guest/drawings/", drawing, content_type="application/json")
    assert made.status_code in (201, 202), made.content
    begin_log_in(client=client)
    assert client.get("/history/").status_code == 302
    assert client.get("/api/v1/submissions/").status_code == 401
    assert client.post("/guest/keep/").status_code == 302
    client.post(STEP, {"code": code_of()})
    assert client.get("/history/").status_code == 200


def test_every_page_of_allauths_factors_is_ours():
    def names(patterns):
        for page in patterns:
            yield from names(page.url_patterns) if hasattr(page, "url_patterns") else [page.name]

    theirs = set(names(allauth_urls.urlpatterns)) - {"mfa_download_recovery_codes"}
    ours = {name for name in get_resolver("accounts.urls").reverse_dict if str(name).startswith("mfa_")}
    assert ours == theirs
    for page in get_resolver("accounts.factors.urls").url_patterns:
        assert page.callback.view_class.__module__ in ("accounts.factors.views", "django.views.generic.base")


def test_an_address_that_was_never_confirmed_keeps_out_factors_where_there_is_mail(settings):
    alice = _make()
    alice.emailaddress_set.update(verified=False)
    here = _logged_in()
    assert policy.may_add(alice)
    settings.EMAIL_HOST = "mail.example.org"
    assert not policy.may_add(alice)
    for page in ("totp/activate/", "webauthn/add/"):
        for answer in (here.get(FACTORS + page), here.post(FACTORS + page)):
            assert answer.url == FACTORS
    assert "Confirm your email address first" in here.get(FACTORS).content.decode()
    alice.emailaddress_set.update(verified=True)
    alice.emailaddress_set.create(email="new@example.org", verified=False)
    assert policy.may_add(alice)
    User.objects.filter(pk=alice.pk).update(email="")
    assert policy.may_add(User.objects.get())


def test_a_person_with_a_factor_can_change_their_address(settings):
    settings.EMAIL_HOST = "mail.example.org"
    make_with_app()
    here = begin_log_in()
    here.post(STEP, {"code": code_of()})
    asked = here.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}).url
    assert asked.startswith(f"{FACTORS}reauthenticate/")
    here.post(asked, {"code": code_of(steps=1)})
    here.post(_link(Email.objects.get(to="new@example.org")))
    assert User.objects.get().email == "new@example.org"


@pytest.mark.parametrize(
    ("required", "of_staff", "of_others"), [("nobody", False, False), ("staff", True, False), ("everybody", True, True)]
)
def test_whom_the_setting_asks_for_a_factor(settings, required, of_staff, of_others):
    settings.REQUIRE_SECOND_FACTOR = required
    _with_password(make_reviewer())
    _make()
    assert (_logged_in("carol").get("/").wsgi_request.user.username) == "carol"
    for name, is_asked in (("carol", of_staff), ("alice", of_others)):
        answer = Client().post("/accounts/login/", {"login": name, "password": PASSWORD, "next": "/history/"})
        assert answer.url == (FACTORS if is_asked else "/history/")
        assert policy.is_missing(User.objects.get(username=name)) is is_asked


def test_a_sign_up_is_led_to_a_required_factor(client, settings):
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    given = {"username": "dora", "email": "d@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", given).url == FACTORS


def test_staff_without_the_required_factor_open_nothing_of_staff_and_all_else(settings):
    settings.REQUIRE_SECOND_FACTOR = "staff"
    make_roles()
    carol = _with_password(make_reviewer())
    carol.groups.set(Group.objects.filter(name="admin"))
    client = _logged_in("carol")
    for page in ("/admin/", "/admin/accounts/user/", "/review/", "/review/accuracy/", "/review/agreement/"):
        chain = client.get(page, follow=True).redirect_chain
        assert chain[-1][0] == FACTORS, page
    for page in ("/review/turn/", "/review/entries/"):
        answer = client.post(page, {}, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_required")
    assert client.get("/admin/jsi18n/").status_code == 302
    assert client.post("/admin/lanes/bulk/").status_code == 302
    for page in ("/", "/history/", "/model/", "/accounts/profile/", "/api/v1/submissions/", FACTORS):
        assert client.get(page).status_code == 200, page
    assert "This account needs a second factor" in client.get("/review/", follow=True).content.decode()
    TOTP.activate(carol, SECRET)
    for page in ("/admin/", "/review/"):
        assert client.get(page).status_code == 200, page


def test_a_token_of_a_reviewer_without_the_required_factor_reviews_nothing(settings):
    carol = make_reviewer()
    text = create_token(carol, "laptop")
    request = APIRequestFactory().get("/", headers={"authorization": f"Token {text}"})

    def may():
        user, _token = TokenAuthentication().authenticate(request)
        return may_review(user)

    assert may()
    settings.REQUIRE_SECOND_FACTOR = "staff"
    assert not may()
    assert Client().post("/review/turn/", headers={"authorization": f"Token {text}"}).status_code == 401
    TOTP.activate(carol, SECRET)
    assert may()


def test_a_superuser_removes_the_factors_of_somebody_else_with_a_mail_and_an_entry():
    alice = make_with_app()
    RecoveryCodes.activate(alice)
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    client = _logged_in("root")
    page = client.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
    assert "Authenticator app, Recovery codes" in page
    url = reverse("admin:remove-factors", args=[alice.pk])
    assert url in page
    assert Authenticator.objects.first().data["secret"] not in page
    asked = client.post(url).url
    assert asked.startswith("/accounts/reauthenticate/")
    client.post(asked, {"password": PASSWORD})
    assert not Authenticator.objects.exists()
    line = newest_event(action="factor.removed")
    assert (line.actor, line.target, line.details["types"]) == ("root", "alice", ["totp", "recovery_codes"])
    assert "administrator removed" in Email.objects.get(to="alice@example.org").message
    assert _is_in(_logged_in())
    assert client.get(reverse("admin:remove-factors", args=[root.pk])).status_code == 403
    assert client.get(reverse("admin:remove-factors", args=[10**12])).status_code == 404


def test_an_admin_who_is_no_superuser_removes_nothing():
    make_roles()
    alice = make_with_app()
    bob = _make("bob", "bob@example.org")
    bob.groups.set(Group.objects.filter(name="admin"))
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = _logged_in("bob")
    url = reverse("admin:remove-factors", args=[alice.pk])
    assert client.get(url).status_code == client.post(url).status_code == 403
    assert url not in client.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
    assert Authenticator.objects.exists()


def test_an_operator_removes_factors_by_a_command(capsys):
    make_with_app()
    call_command("remove_factors", "ALICE")
    assert "Removed from alice: 1." in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    assert _actions() == ["factor.removed"]
    assert Email.objects.get().to == ["alice@example.org"]
    with pytest.raises(CommandError):
        call_command("remove_factors", "nobody")


def test_the_admin_has_no_table_of_factors():
    assert not admin.site.is_registered(Authenticator)
