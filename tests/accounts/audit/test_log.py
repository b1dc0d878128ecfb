"""The audit log can only grow, and says where a request came from."""

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts import audit
from accounts.audit.origin import device_name
from accounts.models import AuditEvent
from tests.accounts.test_flows import PASSWORD, _make
from tests.audit import named_events
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CHANGES = (
    "UPDATE accounts_auditevent SET action = 'x'",
    "DELETE FROM accounts_auditevent",
    "TRUNCATE accounts_auditevent",
)
OLD_INSERT = "INSERT INTO accounts_auditevent (actor_name, action, target, details) VALUES ('', 'x', '', '{}')"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize("change", CHANGES)
def test_the_audit_log_is_append_only(change):
    audit.record(make_user(), "user.logged_in")
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE accounts_auditevent ENABLE TRIGGER never_truncated"
        )  # tests are without, see conftest
        with pytest.raises(ProgrammingError, match="only be added to"), transaction.atomic():
            cursor.execute(change)
    assert AuditEvent.objects.get().action == "user.logged_in"


def test_the_audit_log_is_append_only_through_the_orm():
    audit.record(make_user(), "user.logged_in")
    for change in (AuditEvent.objects.all().delete, lambda: AuditEvent.objects.update(action="x")):
        with pytest.raises(ProgrammingError, match="only be added to"), transaction.atomic():
            change()


def test_entries_are_kept_when_their_people_are_deleted():
    alice, root = make_user(), make_user("root")
    audit.record(root, "user.changed", alice, about=alice)
    [line] = named_events()
    assert (line.actor, line.target) == ("root", "alice")
    numbers = root.pk, alice.pk
    root.delete()
    alice.delete()
    [line] = named_events()
    assert (line.event.actor_id, line.event.about_id) == numbers
    assert (line.actor, line.target) == tuple(f"user:{number}" for number in numbers)


def test_code_of_the_release_before_can_still_add_entries():
    with connection.cursor() as cursor:
        cursor.execute(OLD_INSERT)
    line = AuditEvent.objects.get()
    assert (line.address, line.device, line.about_id) == (None, "", None)


def test_an_entry_tells_the_address_and_the_device_of_its_request(client):
    _make()
    answer = client.post(
        "/accounts/login/", {"login": "alice", "password": PASSWORD}, REMOTE_ADDR="2001:db8::7", HTTP_USER_AGENT=AGENT
    )
    assert answer.status_code == 302
    line = AuditEvent.objects.get()
    assert (line.action, line.address, line.device) == ("user.logged_in", "2001:db8::7", "Firefox, Linux")


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "198.51.100.2"), (2, "203.0.113.9")])
def test_the_address_is_the_one_that_trusted_proxies_saw(client, settings, proxies, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    forged = "192.0.2.1, 203.0.113.9, 198.51.100.2"
    client.post("/accounts/login/", {"login": "nobody", "password": "x"}, HTTP_X_FORWARDED_FOR=forged)
    assert AuditEvent.objects.get().address == address


def test_what_happens_outside_requests_has_no_origin(client):
    client.get("/accounts/login/")  # a request before, in the same thread
    audit.record(None, "model.registered", "one")
    line = AuditEvent.objects.get()
    assert (line.address, line.device) == (None, "")


@pytest.mark.parametrize("address", ["", "not an address"])
def test_a_request_without_an_address_is_recorded_too(client, address):
    client.force_login(make_user())
    assert client.post("/accounts/logout/", REMOTE_ADDR=address).status_code == 302
    assert AuditEvent.objects.get(action="user.logged_out").address is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (AGENT, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("x" * 500, "x" * 60),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_device_has_a_short_name(agent, name):
    assert device_name(agent) == name
