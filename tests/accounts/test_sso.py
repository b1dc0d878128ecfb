"""Single sign-on against a small provider: who gets in, who is linked, and a provider that fails."""

from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from post_office.models import Email

from accounts.identity.checks import check_single_sign_on
from accounts.models import User
from accounts.sign_up import invitations
from tests.accounts import test_flows
from tests.accounts.oidc_provider import open_provider
from tests.accounts.test_flows import OTHER, PASSWORD, _actions, _logged_in, _make

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
LEAVE, LINKS, SIGN_UP = "/accounts/sso/oidc/sso/login/", "/accounts/sso/", "/accounts/sso/signup/"


@pytest.fixture
def provider(settings):
    """Return a running provider that the site uses."""
    with open_provider() as found:
        settings.OIDC_URL, settings.OIDC_NAME = found.url, "School"
        app = {"provider_id": "sso", "name": "School", "client_id": "inkling", "secret": "s"}
        app["settings"] = {"server_url": found.url}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        yield found


def _go(client, provider, process="login"):
    """Go to the provider, agree, and return the answer to coming back."""
    left = client.post(f"{LEAVE}?process={process}")
    assert left.url.startswith(f"{provider.url}/authorization?")
    back = urlsplit(provider.authorize(left.url))
    return client.get(f"{back.path}?{back.query}")


def _sign_up(provider, name="alice"):
    client = Client()
    assert _go(client, provider).url == SIGN_UP
    client.get(SIGN_UP)
    assert client.post(SIGN_UP, {"username": name, "email": "victim@example.org"}).status_code == 302
    return client


def _is_logged_in(client):
    return client.get("/accounts/profile/").status_code == 200


def _actions_there():
    return [action for action in _actions() if not action.startswith("user.logged_")]


def test_a_new_person_chooses_a_name_and_logs_in_again(provider):
    assert "Log in with School" in Client().get("/accounts/login/").content.decode()
    assert _is_logged_in(_sign_up(provider))
    user = User.objects.get()
    assert (user.username, user.email, user.has_usable_password()) == ("alice", "alice@example.org", False)
    assert user.emailaddress_set.get().verified
    again = Client()
    assert _go(again, provider).url == "/"
    assert _is_logged_in(again)
    assert _actions_there() == ["user.signed_up", "sso.linked", "login.sso"]
    assert not SocialAccount.objects.get().socialtoken_set.exists()


@pytest.mark.parametrize("verified", [True, False, "false"])
def test_no_account_is_linked_by_its_address(provider, verified):
    alice = _make()
    provider.claims["email_verified"] = verified
    client = _sign_up(provider, "alice2")
    assert User.objects.exclude(pk=alice.pk).get().email == ""
    assert SocialAccount.objects.get().user != alice
    assert "alice2" in client.get("/accounts/profile/").content.decode()
    assert "belongs to an account already" in Email.objects.get(to="alice@example.org").message


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_that_the_provider_has_not_verified_is_pending(provider, verified):
    provider.claims["email_verified"] = verified
    _sign_up(provider)
    assert User.objects.get().email == ""
    assert not User.objects.get().emailaddress_set.get().verified


def test_a_person_links_and_unlinks_on_their_account_page(provider):
    alice = _make()
    here = _logged_in()
    answer = _go(here, provider, "connect")
    assert answer.url == "/accounts/reauthenticate/"
    here.post(answer.url, {"password": PASSWORD})
    assert SocialAccount.objects.get().user == alice
    assert "linked to your Inkling account" in Email.objects.get().message
    assert _go(Client(), provider).url == "/"
    here.post(LINKS, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()
    assert _actions_there() == ["sso.linked", "login.sso", "sso.unlinked"]


def test_nobody_unlinks_what_is_somebody_elses_or_the_only_way_in(provider):
    client = _sign_up(provider)
    mine = SocialAccount.objects.get()
    _make("bob", "bob@example.org")
    _logged_in("bob").post(LINKS, {"account": mine.pk})
    assert "Set a password first" in client.post(LINKS, {"account": mine.pk}).content.decode()
    assert SocialAccount.objects.exists()


def test_somebody_without_a_password_sets_one(provider):
    client = _sign_up(provider)
    assert "/accounts/password/set/" in client.get("/accounts/profile/").content.decode()
    assert client.get("/accounts/password/change/").url == "/accounts/password/set/"
    assert "Set a password" in client.get("/accounts/password/set/").content.decode()
    client.post("/accounts/password/set/", {"password1": OTHER, "password2": OTHER})
    assert _is_logged_in(client)
    _logged_in(password=OTHER)


def test_an_account_of_the_provider_is_linked_to_one_account_only(provider):
    _sign_up(provider)
    _make("bob", "bob@example.org")
    here = _logged_in("bob")
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = here.get(_go(here, provider, "connect").url).content.decode()
    assert "linked to another Inkling account" in page
    assert SocialAccount.objects.get().user.username == "alice"


@pytest.mark.parametrize(("mode", "says"), [("closed", "cannot be created"), ("invitation", "need an invitation")])
def test_where_sign_up_is_not_open_nobody_new_gets_in(provider, settings, mode, says):
    settings.SIGN_UP = mode
    client = Client()
    assert says in _go(client, provider).content.decode()
    assert client.post(SIGN_UP, {"username": "alice"}).status_code == 302
    assert not User.objects.exists()


def test_an_invitation_lets_one_person_in(provider, settings):
    settings.SIGN_UP = "invitation"
    _, link = invitations.make(User.objects.create_superuser("root", "", PASSWORD), "", "", 7)
    client = Client()
    client.get(urlsplit(link).path)
    _go(client, provider)
    client.post(SIGN_UP, {"username": "alice"})
    assert _is_logged_in(client)
    assert "invitation.used" in _actions()


WRONG = ("signature", "alg none", "shared secret", "audience", "issuer", "nonce", "no nonce", "expired", "userinfo")


@pytest.mark.parametrize("broken", [*WRONG, "redirect", "no id_token", "down", "no json"])
def test_a_provider_that_answers_wrongly_logs_nobody_in_and_gets_a_plain_page(provider, broken):
    client = Client()
    back = urlsplit(provider.authorize(client.post(f"{LEAVE}?process=login").url))
    provider.broken = broken
    answer = client.get(f"{back.path}?{back.query}")
    assert answer.status_code in {401, 502}
    assert "failed or cannot be reached" in answer.content.decode()
    assert not _is_logged_in(client)


@pytest.mark.parametrize("broken", ["down", "redirect", "no json"])
def test_a_provider_that_is_down_when_the_button_is_pressed_gets_a_plain_page(provider, broken):
    provider.broken = broken
    answer = Client().post(f"{LEAVE}?process=login")
    assert answer.status_code == 502
    assert "failed or cannot be reached" in answer.content.decode()


def test_a_state_of_another_browser_is_refused(provider):
    back = urlsplit(provider.authorize(Client().post(f"{LEAVE}?process=login").url))
    answer = Client().get(f"{back.path}?{back.query}")
    assert answer.status_code == 401
    assert "/token" not in provider.asked


def test_who_cancels_there_reads_so_here(provider):
    client = Client()
    state = urlsplit(client.post(f"{LEAVE}?process=login").url).query.split("state=")[1].split("&")[0]
    answer = client.get(f"{LEAVE}callback/", {"error": "access_denied", "state": state}, follow=True)
    assert "You cancelled the log-in with School" in answer.content.decode()


def test_a_get_leads_nowhere(provider):
    assert Client().get(LEAVE).status_code == 405
    assert provider.asked == []


@pytest.mark.parametrize("path", [LEAVE, f"{LEAVE}callback/", LINKS, SIGN_UP, "/accounts/sso/login/error/"])
def test_without_a_provider_there_is_nothing(path):
    assert Client().get(path).status_code == 404
    assert "Log in with School" not in Client().get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    ("url", "client_id", "problems"), [("http://x.org", "a", 1), ("https://x.org", "", 1), ("https://x.org", "a", 0)]
)
def test_an_incomplete_setting_is_reported(settings, url, client_id, problems):
    settings.OIDC_URL = url
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{"client_id": client_id}]}}
    assert [problem.id for problem in check_single_sign_on()] == ["inkling.E008"] * problems
