"""The admin's own forms for passwords lead to the site's, which have limits, mails and audit entries."""

import pytest

from accounts.models import User
from tests.accounts.test_flows import OTHER, PASSWORD, _logged_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return User.objects.create_superuser("root", "", PASSWORD)


def test_the_admins_log_in_redirects_to_the_accounts_log_in(client):
    answer = client.post("/admin/login/", {"username": "alice", "password": "x"})
    assert answer.url.startswith("/accounts/login/")


def test_staff_who_are_logged_in_cannot_try_passwords_at_the_admins_log_in(root):
    carol = make_user("carol", is_staff=True)
    carol.set_password(PASSWORD)
    carol.save()
    client = _logged_in("carol")
    for password in (PASSWORD, "a guess"):
        answer = client.post("/admin/login/", {"username": "root", "password": password})
        assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.get("/admin/").context["user"] == carol


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_admins_password_form_redirects_to_the_sites(root, method):
    client = _logged_in("root")
    given = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
    answer = getattr(client, method)("/admin/password_change/", given)
    assert answer.url == "/accounts/password/change/"
    _logged_in("root", PASSWORD)
    own = client.get(f"/admin/accounts/user/{root.pk}/password/")
    assert own.url == "/accounts/password/change/"
