"""Everything that is made with SECRET_KEY survives a change of it, and most of it the end of the former key.

A new use of the key must be added to a table here: one test looks for uses that are missing.
"""

import ast
import base64
import contextlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.signing import Signer
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.cursors import make_cursor, read_cursor
from accounts.guests import limits as guest_limits
from accounts.identity import sessions
from accounts.identity.reset_tokens import ResetTokens
from accounts.keys import rotation
from accounts.limits import devices
from accounts.limits.counts import Count, add
from accounts.models import User
from predictions import artifact_sets, registry
from predictions.models import WebhookEndpoint
from predictions.services.review_queue.turns import is_hidden
from predictions.services.reviewed_set import pseudonym_of
from predictions.webhooks.endpoints import add_endpoint
from tests.accounts.factors.people import STEP, begin_log_in, code_of, make_with_app
from tests.accounts.test_flows import _logged_in, _make
from tests.factories import make_submission, make_user, make_version
from tests.guests import DRAWINGS, draw, new_guest

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
NEW_KEY = "a new key that nobody has seen before, and which is as long as any"
FORMATS = ["litert", "line-litert"]


def rotate(settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW_KEY


def forget_former(settings):
    settings.SECRET_KEY_FALLBACKS = []


def is_in(client):
    return client.get("/accounts/profile/").status_code == 200


def session():
    _make()
    client = _logged_in()
    return lambda: is_in(client)


def session_after_all_others_ended():
    user = _make()
    User.objects.update(access_epoch=3)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return lambda: is_in(client)


def begun_log_in():
    make_with_app()
    client = begin_log_in()
    return lambda: bool(client.post(STEP, {"code": code_of()})) and is_in(client)


def app():
    make_with_app()

    def works():
        client = begin_log_in()
        client.post(STEP, {"code": code_of()})
        return is_in(client)

    return works


def recovery_codes():
    code = RecoveryCodes.activate(make_with_app()).generate_codes()[0]

    def works():
        client = begin_log_in()
        client.post(STEP, {"code": code})
        return is_in(client)

    return works


def guest():
    client = new_guest()
    row = draw(client)
    return lambda: client.get(f"{DRAWINGS}{row.id}/").status_code == 200


def model():
    version = make_version()
    return lambda: len(artifact_sets.load(version, FORMATS)) == 2


def webhook():
    endpoint = add_endpoint(make_user("webhooks"), "https://example.org/", ["sheet.read"])
    secret = endpoint.secret
    return lambda: WebhookEndpoint.objects.get().secret == secret


def reset_link():
    user = _make()
    url = f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{ResetTokens().make_token(user)}/"
    return lambda: Client().get(url).status_code == 302  # to the form; the page of a dead link is 200


def confirmation_link():
    address = EmailAddress.objects.create(user=make_user(), email="new@example.org")
    key = EmailConfirmationHMAC(address).key
    return lambda: EmailConfirmationHMAC.from_key(key) is not None


def cursor():
    alice = make_user()
    made = make_cursor(alice, 42)
    return lambda: read_cursor(alice, made) == 42


def cursor_of_the_version_before():
    alice = make_user()
    made = base64.urlsafe_b64encode(Signer(salt=f"cursor of {alice.pk}").sign("42").encode()).decode()
    return lambda: read_cursor(alice, made) == 42


def known_device():
    alice, response = make_user(), HttpResponse()
    devices.remember(RequestFactory().get("/"), response, alice)
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}

    def works():
        again = HttpResponse()
        devices.remember(request, again, alice)  # by a later log-in
        [morsel] = again.cookies.values()
        return devices.device_of(request, alice) != "" and len(morsel.value.split(".")) == 2

    return works


def listed_session():
    """Make the form of a session, which its owner sends after the change."""
    alice = make_user()
    client, row = Client(), sessions.UserSession
    client.force_login(alice)
    row.objects.create(user=alice, session_key=client.session.session_key, ip="127.0.0.1", user_agent="Firefox")
    [listed] = sessions.list_sessions(alice, None)
    return lambda: sessions.end_session(alice, listed.id, but=None)


def message():
    """Queue a message, which a cookie holds until the next page."""
    storage = CookieStorage(RequestFactory().get("/"))
    storage.add(messages.INFO, "Saved.")
    response = HttpResponse()
    storage.update(response)
    later = RequestFactory().get("/")
    later.COOKIES = {"messages": response.cookies["messages"].value}
    return lambda: [str(one) for one in CookieStorage(later)] == ["Saved."]


def count_of_tries():
    """Fill a limit. Its count starts at zero, as after its window: it is stored under a hash of who tries."""
    count = Count("log_in", "alice", 1, 60)
    assert [add(count) > 0 for _ in range(2)] == [False, True]
    return lambda: add(count) == 0


def count_of_a_guest():
    request = RequestFactory().get("/")
    return lambda: guest_limits.count_drawing(request, "key")[0]


def hidden_reading():
    """Ask whether a reading is hidden: some are, with any key, and the same at each time of asking."""
    make_submission()
    reviewer = SimpleNamespace(user=make_user("carol"))

    def works():
        found = [[is_hidden(reviewer, key) for key in range(200)] for _ in range(2)]
        return found[0] == found[1] and 20 < sum(found[0]) < 80

    return works


def pseudonym():
    """Name a writer. Another key names them otherwise, so that sets from before and after cannot be joined."""
    former = pseudonym_of(1)
    return lambda: pseudonym_of(1) not in {former, pseudonym_of(2)}


# By the use that each names: how it is called in the code.
HASHES = {
    "'accounts.sessions'": session_after_all_others_ended,
    "'accounts.sessions.id'": listed_session,
    "'accounts.devices'": known_device,
    "f'accounts.limits.{self.kind}'": count_of_tries,
    "f'accounts.guest_limits.{kind}'": count_of_a_guest,
    "f'{self.kind}.cursor.tag.{self.owner.pk}'": cursor,
    "f'{self.kind}.cursor.mask.{self.owner.pk}'": cursor,
    "'predictions.registry'": model,
    "'predictions.review_queue'": hidden_reading,
    "SPLIT_SALT": pseudonym,
}
# By file: what touches the key in another way.
OTHERS = {
    "accounts/cursors.py": {cursor_of_the_version_before},
    "accounts/keys/ciphers.py": {app, recovery_codes},
    "accounts/keys/hashes.py": set(HASHES.values()),
    "accounts/keys/rotation.py": {app, recovery_codes, session, session_after_all_others_ended},
    "accounts/factors/begun.py": {begun_log_in},
    "predictions/webhooks/rotation.py": {webhook},
}
LIBRARIES = {session, begun_log_in, guest, reset_link, confirmation_link, message}  # Django and allauth
ALL = {*HASHES.values(), *LIBRARIES, *set().union(*OTHERS.values())}
STORED = {session, session_after_all_others_ended, guest, app, recovery_codes, model, webhook}
COMMANDS = {f"predictions/management/commands/{name}.py" for name in ("rotate_keys", "prepare")}
KEY = r"SECRET_KEY|salted_hmac|session_auth_\w*hash|[Ss]igner\b|\bsigning\b|cryptography|all_keys"


@pytest.fixture(autouse=True)
def chance(settings):
    settings.REVIEW_TWICE_SHARE = 0.1


def _named(made):
    return made.__name__


@pytest.mark.parametrize("made", sorted(ALL, key=_named), ids=_named)
def test_it_survives_a_change_of_the_key(made, settings):
    works = made()
    rotate(settings)
    assert works()


@pytest.mark.parametrize("made", sorted(ALL - {pseudonym, count_of_tries, hidden_reading}, key=_named), ids=_named)
def test_processes_before_and_after_the_change_believe_each_other(made, settings):
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [former]
    works = made()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = former, [NEW_KEY]
    assert works()


@pytest.mark.parametrize("made", sorted(STORED, key=_named), ids=_named)
def test_what_is_stored_needs_the_former_key_no_longer_after_the_command(made, settings):
    works = made()
    rotate(settings)
    call_command("rotate_keys")
    forget_former(settings)
    assert works()


@pytest.mark.parametrize("made", sorted(STORED, key=_named), ids=_named)
def test_without_the_former_key_and_the_command_it_is_lost(made, settings):
    works = made()
    settings.SECRET_KEY = NEW_KEY
    with contextlib.suppress(artifact_sets.TamperedArtifact, InvalidToken):
        assert not works()


def _code():
    for part in ("accounts", "predictions", "config"):
        for path in (ROOT / part).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_no_use_of_the_key_is_missing_here():
    uses, files = set(), set()
    for name, text in _code():
        if re.search(KEY, re.sub(r"#.*", "", text)):
            files.add(name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = {"keyed_hash": 0, "is_hash_of": 1}.get(node.func.id)
                if place is not None and name != "accounts/keys/hashes.py":
                    uses.add(ast.unparse(node.args[place]))
    assert uses == set(HASHES)
    explained = {  # that only read or name the key, or use the hashes of the table
        "config/settings.py",
        "accounts/identity/access.py",
        "accounts/models/users.py",
        "accounts/factors/adapter.py",
        "accounts/factors/codes.py",
        "accounts/identity/sessions.py",
        "accounts/keys/__init__.py",
        "config/secret_keys.py",
        "predictions/artifact_sets.py",
        "predictions/models/sheets/codes.py",  # whose keys are ids of templates
        "predictions/doctor/secrets.py",
        "predictions/registry.py",
        "predictions/services/reviewed_set/writers.py",
    }
    assert files == set(OTHERS) | COMMANDS | explained


def test_the_command_rewrites_once_and_then_nothing(settings, capsys):
    for made in (session, model, webhook):
        made()
    make_with_app("bob")
    RecoveryCodes.activate(User.objects.get(username="bob"))
    rotate(settings)
    for rewritten in ((2, 1, 1, 1), (0, 0, 0, 0)):
        call_command("rotate_keys")
        found = re.findall(r"of which (\d+) were", capsys.readouterr().out)
        assert tuple(map(int, found)) == rewritten


def test_the_command_says_what_no_known_key_reads(settings, capsys):
    make_with_app()
    model()
    Client().force_login(User.objects.get())
    settings.SECRET_KEY = NEW_KEY
    call_command("rotate_keys")
    told = capsys.readouterr().out
    assert told.count("1 of them can be read with no known key") == 3, told
    assert "remove_factors" in told and "register_model" in told and "log in again" in told


def test_what_somebody_changed_is_not_signed_again(settings):
    version = make_version()
    version.artifacts.filter(format="litert").update(sha256="0" * 64)
    rotate(settings)
    done = registry.sign_again()
    assert (done.rows, done.rewritten, done.lost) == (1, 0, 1)
    with pytest.raises(artifact_sets.TamperedArtifact):
        artifact_sets.load(version, FORMATS)


def test_a_session_that_changes_meanwhile_keeps_the_change(settings, monkeypatch):
    works = session()
    rotate(settings)
    row = Session.objects.get()
    changed = {**row.get_decoded(), "theme": "dark"}
    real = rotation._believed_again

    def meanwhile(data, user):
        Session.objects.update(session_data=rotation.SessionStore().encode(changed))
        return real(data, user)

    monkeypatch.setattr(rotation, "_believed_again", meanwhile)
    assert rotation.rotate_sessions().rewritten == 0
    assert Session.objects.get().get_decoded()["theme"] == "dark"
    assert works()


def test_factors_are_rewritten_in_chunks(settings, monkeypatch):
    monkeypatch.setattr(rotation, "CHUNK", 2)
    for number in range(5):
        make_with_app(f"user{number}")
    rotate(settings)
    assert rotation.rotate_factors() == rotation.Rotated(5, 5, 0)
    assert rotation.rotate_factors() == rotation.Rotated(5, 0, 0)
    assert Authenticator.objects.count() == 5


def test_prepare_rewrites_only_if_there_is_a_former_key(settings, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    call_command("prepare")
    assert "with the new key" not in capsys.readouterr().out
    rotate(settings)
    call_command("prepare")
    assert "model versions: 1, of which" in capsys.readouterr().out
