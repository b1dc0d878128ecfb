"""No address of ours leads to another site, whatever a link or a form says."""

from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from tests.factories import make_user
from tests.walk.access import RULE_BY_ROUTE
from tests.walk.ids import make_ids
from tests.walk.people import make_people
from tests.walk.requests import path_of, routes

pytestmark = pytest.mark.django_db

# long: each of these people walks all addresses, which takes seconds; root gets to the most of them
PASSWORD = "known to nobody else 7"
NAMES = ("next", "redirect", "redirect_to", "return", "return_to", "url", "continue", "callback", "back", "goto")
ELSEWHERE = (
    "https://evil.example/",
    "http://evil.example",
    "//evil.example/",
    "///evil.example/",
    "////evil.example/",
    "https:evil.example",
    "https:///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\\/evil.example/",
    "\t//evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\x01https://evil.example/",
    " //evil.example/",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "//evil.example\\@testserver/",
    "ftp://testserver/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
)
WITH_NEXT = {  # what each needs to get as far as its redirect
    "/accounts/login/": {"login": "alice", "password": PASSWORD},
    "/accounts/signup/": {"username": "dora", "password1": "dora draws 77 days", "password2": "dora draws 77 days"},
    "/accounts/language/": {"language": "de"},
    "/accounts/logout/": {},
    "/accounts/reauthenticate/": {"password": PASSWORD},
}
NEEDS_LOG_IN = {"/accounts/logout/", "/accounts/reauthenticate/"}


def leads_elsewhere(address, path):
    """Return whether a browser that follows `Location: address` from `path` leaves the site."""
    cleaned = "".join(letter for letter in address.strip() if letter > " ").replace("\\", "/")  # as browsers read it
    found = urlsplit(urljoin(f"http://testserver{path}", cleaned))
    return (found.scheme, found.netloc) != ("http", "testserver")


@pytest.mark.parametrize("path", WITH_NEXT)
def test_pages_that_lead_on_do_so_within_the_site(client, path):
    user = make_user()
    user.set_password(PASSWORD)
    user.save()
    for elsewhere in ("/model/", *ELSEWHERE):
        client.logout()
        if path in NEEDS_LOG_IN:
            client.force_login(user)
        answer = client.post(path, WITH_NEXT[path] | {"next": elsewhere})
        if elsewhere == "/model/":
            assert answer.status_code == 302, answer.content
            assert answer.url in {"/model/", "/accounts/confirm-email/"}  # the page does lead on
        assert not (answer.status_code in {301, 302, 303, 307, 308} and leads_elsewhere(answer.url, path)), elsewhere
        if path == "/accounts/signup/":
            type(user).objects.filter(username="dora").delete()


@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=pytest.mark.long) for name in ("nobody", "alice")), "root"]
)
def test_no_address_leads_elsewhere_by_a_parameter_or_a_field(name):
    people = make_people()
    ids = make_ids(people)
    sent = dict.fromkeys(NAMES, "//evil.example/")
    left = []
    for route in routes():
        rule = RULE_BY_ROUTE[route]
        own = ids[rule.kind].own.get(name, []) if rule.kind else []
        path = path_of(route, rule, str(own[0]) if own else ids[rule.kind].missing if rule.kind else "")
        for method, address, form in (("get", path, sent), ("post", f"{path}?{urlencode(sent)}", rule.post | sent)):
            answer = getattr(people[name].client(), method)(address, form, headers={"Referer": "https://evil.example/"})
            if "Location" in answer and leads_elsewhere(answer["Location"], path):
                left.append((method, path, answer["Location"]))
    assert left == []
