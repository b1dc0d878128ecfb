"""What people type runs on no page, in the admin and in German too.

Every column of text is filled with texts that try to run, and every URL is opened; what forms refuse, they show again.
"""

import html
from urllib.parse import urlencode

import pytest

from tests.factories import make_user
from tests.security.browser import show
from tests.security.markup import find_markup
from tests.security.payloads import ALL_SCRIPTS, PRODUCT, SCRIPTS
from tests.security.planting import INSERTED, OF_MACHINES, PLANTED, plant, text_columns
from tests.walk.access import RULE_BY_ROUTE
from tests.walk.ids import make_ids
from tests.walk.people import make_people
from tests.walk.requests import path_of

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "de")
SHOWN_NOWHERE = {
    "usersessions.UserSession.user_agent",  # shown as the name of a device
    "predictions.Submission.written",
    "predictions.SheetCell.read_text",  # shown only where a sum says otherwise
    "account.EmailAddress.email",
    "socialaccount.SocialAccount.uid",
    *("post_office.Log.message", "post_office.Log.exception_type"),
    *(f"post_office.Email.{name}" for name in ("bcc", "cc", "from_email", "html_message", "message", "message_id")),
}
WITHOUT_ROWS = {  # their texts are figures of machines, or digits
    *("post_office.Attachment.name", "post_office.Attachment.mimetype"),
    *("predictions.Comparison.trouble", "predictions.Challenger.trouble"),
    *("predictions.KnownAnswer.text", "predictions.KnownAnswer.truth"),
    *("predictions.ShadowReading.text", "predictions.ShadowReading.written"),
}
FILTERS = ("number", "q", "text", "digits", "digit", "verdict", "sure", "reason", "told", "source", "status", "label")
FILTERS += ("since", "until", "zone", "view", "before", "batch", "deleted", "corrected", "next", "o", "p", "code", "e")


def test_every_column_of_text_is_planted_or_written_by_machines():
    assert {name for name, _, _ in text_columns()} == PLANTED | INSERTED | OF_MACHINES


@pytest.fixture
def people(settings):
    """Return the people of the walk, who entered their passwords just now."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.RATE_LIMIT_PER_S = settings.SIGN_UPS_PER_MINUTE = 10**6
    return make_people()


@pytest.fixture
def planted(people):
    """Return every page of alice, a reviewer and a superuser, by turns in German; and what was planted."""
    ids = make_ids(people)
    texts, found = plant(), []
    for place, (route, rule) in enumerate(RULE_BY_ROUTE.items()):
        name = "root" if route.startswith("admin/") else "carol" if route.startswith("review/") else "alice"
        own = ids[rule.kind].own.get(name, [ids[rule.kind].missing])[0] if rule.kind else ""
        client, path = people[name].client(), path_of(route, rule, own)
        client.cookies["django_language"] = LANGUAGES[place % 2]
        response = client.get(path)
        assert response.status_code < 500, path
        if response.get("Content-Type", "").startswith("text/html") and response.status_code == 200:
            found.append((path, dict(response.items()), response.content.decode()))
    return found, texts


def test_no_text_in_any_column_becomes_markup(planted):
    found, texts = planted
    assert len(found) > 90
    assert [(path, one) for path, _, page in found for one in find_markup(page)] == []
    assert [path for path, _, page in found if PRODUCT in page] == []
    everything = html.unescape("".join(page for _, _, page in found))
    unseen = {name for name, planted in texts.items() if not any(text in everything for text in planted)}
    assert (unseen - SHOWN_NOWHERE, PLANTED - texts.keys()) == (set(), WITHOUT_ROWS)


@pytest.mark.long  # a minute: a browser opens a hundred pages
@pytest.mark.browser
def test_no_text_in_any_column_runs_in_a_browser(planted):
    found, _ = planted
    assert show(found) == []


@pytest.mark.browser
def test_a_browser_tells_what_runs_and_what_the_policy_stops(client):
    headers = {"Content-Type": "text/html"}
    policy = {"Content-Security-Policy": client.get("/model/")["Content-Security-Policy"]}
    page = "<!doctype html><main><img src=//xss.test/a onerror=__xss=1></main>"
    wrong = show([("/unsafe", headers, page), ("/safe", headers | policy, page)])
    assert ("/unsafe", "asked for http://xss.test/a") in wrong
    assert any(path == "/safe" and "img-src" in what for path, what in wrong)
    assert not any(path == "/safe" and "asked for" in what for path, what in wrong)


@pytest.mark.parametrize(
    "name", ["script", "image", "SVG", "frame", "form", "base", "meta", "style", "end of an attribute"]
)
def test_markup_is_found(name):
    assert find_markup(f'<p title="{SCRIPTS[name]}">{SCRIPTS[name]}</p>')


ALICE, NOBODY, ROOT = "alice", "nobody", "root"
FORMS = [
    (NOBODY, "/accounts/login/", {"login": ALL_SCRIPTS, "password": "x"}, 200),
    (NOBODY, "/accounts/signup/", {"username": ALL_SCRIPTS, "email": ALL_SCRIPTS, "password1": "x"}, 200),
    (NOBODY, "/accounts/password/reset/", {"email": ALL_SCRIPTS}, 200),
    (ALICE, "/accounts/email/", {"action_add": "", "email": ALL_SCRIPTS}, 200),
    (ALICE, "/accounts/tokens/", {"name": ALL_SCRIPTS, "access": ALL_SCRIPTS, "days": ALL_SCRIPTS}, 200),
    (ALICE, "/accounts/data/delete/", {"name": ALL_SCRIPTS, "password": "x"}, 200),
    (ALICE, "/accounts/language/", {"language": ALL_SCRIPTS, "next": "javascript:__xss=1"}, 302),
    (ROOT, "/admin/accounts/user/add/", {"username": ALL_SCRIPTS, "email": ALL_SCRIPTS}, 200),
    (ROOT, "/admin/accounts/invitation/add/", {"email": ALL_SCRIPTS, "role": ALL_SCRIPTS}, 200),
    (ROOT, "/admin/auth/group/add/", {"name": ALL_SCRIPTS}, 200),
    (ROOT, "/admin/filters/", {"table": "predictions.submission", "name": ALL_SCRIPTS, "query": ALL_SCRIPTS}, 302),
    (ROOT, "/admin/filters/", {"table": ALL_SCRIPTS, "name": "x", "query": "x"}, 404),
    (ROOT, "/admin/predictions/trainingrun/begin/", {"name": ALL_SCRIPTS}, 302),
]
LISTS = ("accounts/user", "predictions/submission", "accounts/auditevent", "login")
ADDRESSES = [
    *((ALICE, path) for path in ("/", "/history/", "/history/statistics/", "/accounts/login/", "/accounts/activity/")),
    *((ROOT, f"/admin/{path}/") for path in LISTS),
    *((NOBODY, path) for path in ("/accounts/signup/", "/accounts/invitations/<svg onload=__xss=1>/", "/no/<script>")),
]


def test_what_a_form_refuses_is_shown_as_text(people):
    for who, path, given, status in FORMS:
        client = people[who].client()
        response = client.post(path, given)
        assert response.status_code == status, path
        assert response.get("Location", "/").startswith("/"), path
        if status == 302:
            response = client.get(response["Location"])
        page = response.content.decode()
        assert (find_markup(page), PRODUCT in page) == ([], False), path


def test_what_an_address_says_is_shown_as_text(people):
    for who, path in ADDRESSES:
        for text in (ALL_SCRIPTS, SCRIPTS["end of an attribute"], SCRIPTS["address"]):
            response = people[who].client().get(f"{path}?{urlencode(dict.fromkeys(FILTERS, text))}", follow=True)
            page = response.content.decode()
            assert (response.status_code < 500, find_markup(page), PRODUCT in page) == (True, [], False), path


def test_the_api_repeats_texts_as_json_that_is_never_taken_for_a_page(people):
    client = people["alice writes"].client()
    sent = [
        client.get("/api/v1/submissions/", dict.fromkeys(FILTERS, ALL_SCRIPTS)),
        client.post("/api/v1/submissions/", {"strokes": ALL_SCRIPTS, ALL_SCRIPTS: 1}, "application/json"),
        client.post("/api/v1/exports/", {"format": ALL_SCRIPTS}, "application/json"),
        client.get("/api/v1/<script>__xss=1</script>/"),
    ]
    for response in sent:
        kind = response["Content-Type"].partition(";")[0]
        assert (kind, response["X-Content-Type-Options"]) == ("application/json", "nosniff"), response.content


def test_a_name_of_markup_is_no_markup_in_the_navigation(client):
    client.force_login(make_user(SCRIPTS["image"]))
    page = client.get("/accounts/profile/").content.decode()
    assert html.escape(SCRIPTS["image"]) in page and find_markup(page) == []
