"""Every URL, every kind of person, every kind of id: what is not one's own is like what does not exist.

A new URL needs one line in `access.py`, by its route as the resolver has it:

    "history/<uuid:id_>/print/": own(),                      # a page of one's own drawing
    "accounts/2fa/": USERS,                                  # no id; who is logged in
    "accounts/keys/<int:pk>/": Rule(LOGGED_IN, kind="key"),  # a kind of `ids.make_ids`, with rows of Alice and Bob
    **dict(table("accounts/device", "admin device", ADMINS)),  # a table of the admin: all its pages

The failure names the route. People whom a rule names must not be refused, and everybody else must be. For ids of
others, and deleted ones, the status, the headers, the body and the number of queries must be those of a missing id.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import pytest

from tests.walk.access import QUERIES, RULE_BY_ROUTE, Rule, find_mismatches
from tests.walk.ids import make_ids
from tests.walk.people import make_people
from tests.walk.requests import Answer, path_of, routes, send

pytestmark = pytest.mark.django_db
FEW_ON_PAGES = {"nobody", "guest", "alice", "bob", "carol"}
FEW = {*FEW_ON_PAGES, "alice reads", "alice writes"}
FEW_IN_ADMIN = {"nobody", "bob", "carol", "adam"}
FEW_IDS = 2
TRIES = 4
TELL_NOTHING = {"/?batch={id}"}  # leads to the history, whatever the id
OF_DELETED = {"/history/?before={id}", "/history/?deleted={id}"}  # an own drawing is known though it is deleted
# What a GET may write: when somebody or a token was last seen, counts of requests, and that a file was downloaded.
KEPT = {
    "django_session",
    "usersessions_usersession",
    "accounts_apitoken",
    "accounts_requestcount",
    "accounts_auditevent",
}
WITHOUT_JUDGMENT = 405  # answered before anybody is asked who they are


def test_every_url_has_a_rule_and_every_rule_a_url():
    assert list(find_mismatches(routes())) == []


class Walk:
    """Walks over the URLs and collects what is wrong.

    is_full: whether everybody goes everywhere with all ids; else the same with fewer people and ids.
    """

    def __init__(self, settings: Any, *, is_full: bool) -> None:
        settings.RATE_LIMIT_PER_S = settings.GUEST_LIMIT_PER_MINUTE = settings.GUEST_ADDRESS_LIMIT_PER_MINUTE = 10**6
        settings.SIGN_UPS_PER_MINUTE = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10**6
        self.people = make_people()
        self.ids = make_ids(self.people)
        self.is_full = is_full
        self.tried: set[tuple[str, str, str]] = set()  # person, route, id
        self.requests = 0
        self.wrong: list[str] = []

    def go(self) -> None:
        """Send everybody everywhere."""
        for route, rule in RULE_BY_ROUTE.items():
            differs = False
            for name in self._people(route):
                for method in self._methods(route, rule):
                    differs |= self._visit(name, method, route, rule)
            owners = self.ids[rule.kind].own.keys() & self._people(route) if rule.kind else ()
            if owners and rule.tells and rule.read and not differs:
                self._note(route, "nobody gets another answer for their own id than for a missing one")

    def _people(self, route: str) -> set[str]:
        if self.is_full:
            return set(self.people)
        if route.startswith("admin/"):
            return FEW_IN_ADMIN
        return FEW if route.startswith("api/") else FEW_ON_PAGES

    def _methods(self, route: str, rule: Rule) -> tuple[str, ...]:
        cheap = ("HEAD", "OPTIONS") if self.is_full else ()
        return ("GET", "POST", *rule.methods, *cheap)

    def _visit(self, name: str, method: str, route: str, rule: Rule) -> bool:
        """Send a person's requests to one URL. Return whether an own id was answered like no missing one."""
        if not rule.kind:
            self._judge(self._send(name, method, route, rule), name, method, route, rule)
            return False
        ids = self.ids[rule.kind]
        missing = self._send(name, method, route, rule, ids.missing)
        strange = [*ids.strange(name), *([] if rule.recalls else ids.deleted.get(name, []))]
        for id_ in self._few(strange):
            self._compare(missing, name, method, route, rule, id_)
        malformed_ids = ids.malformed if self.is_full else ()
        malformed = {replace(self._send(name, method, route, rule, id_), queries=0) for id_ in malformed_ids}
        if len(malformed) > 1:
            self._note(route, f"{name} {method}: malformed ids are told apart")
        known = [*ids.own.get(name, ()), *(ids.deleted.get(name, ()) if rule.recalls else ())]
        own = [self._send(name, method, route, rule, id_) for id_ in known]
        for answer in own[: len(ids.own.get(name, ()))]:
            self._judge(answer, name, method, route, rule)
        return any(replace(answer, queries=missing.queries) != missing for answer in own)

    def _few(self, ids: list[str]) -> Iterator[str]:
        return islice(ids, None if self.is_full else FEW_IDS)

    def _send(self, name: str, method: str, route: str, rule: Rule, id_: str = "") -> Answer:
        self.tried.add((name, route, id_))
        self.requests += 1
        answer = send(self.people[name], method, path_of(route, rule, id_), rule, id_)
        if method == "GET" and (written := answer.writes - KEPT):
            self._note(route, f"{name} GET: writes {sorted(written)}")
        return answer

    def _compare(self, missing: Answer, name: str, method: str, route: str, rule: Rule, id_: str) -> None:
        ids, visit = self.ids[rule.kind], partial(self._send, name, method, route, rule)
        if told := _tell_apart(missing, partial(visit, id_), partial(visit, ids.missing)):
            self._note(route, f"{name} {method}: {id_} is told from a missing id: {told}")

    def _judge(self, answer: Answer, name: str, method: str, route: str, rule: Rule) -> None:
        may = name in rule.may(method)
        if rule.is_judged and method != "OPTIONS" and answer.status != WITHOUT_JUDGMENT and answer.is_refusal == may:
            word = "refused" if answer.is_refusal else "let in"
            self._note(route, f"{name} {method}: {word}, {answer.status}")

    def ask(self, method: str, template: str, kind: str, headers: dict[str, str]) -> None:
        """Send everybody to one address that holds an id elsewhere than in its path."""
        rule, ids, differs = Rule(frozenset(), body=_body_for(template)), self.ids[kind], template in TELL_NOTHING
        for name in self.people if self.is_full else FEW:
            ask = partial(self._send_query, name, method, template, rule, headers)
            missing, deleted, own = ask(ids.missing), ids.deleted.get(name, []), ids.own.get(name, [])
            own, strange = (own + deleted, []) if template in OF_DELETED else (own, deleted)
            for id_ in [*ids.strange(name), *strange]:
                if told := _tell_apart(missing, partial(ask, id_), partial(ask, ids.missing)):
                    self._note(template, f"{name} {method}: {id_} is told from a missing id: {told}")
            differs |= any(replace(ask(id_), queries=0) != replace(missing, queries=0) for id_ in own)
        if not differs:
            self._note(template, "nobody gets another answer for their own id")

    def _send_query(
        self, name: str, method: str, template: str, rule: Rule, headers: dict[str, str], id_: str
    ) -> Answer:
        self.tried.add((name, template, id_))
        self.requests += 1
        given = {header: value.replace("{id}", id_) for header, value in headers.items()}
        return send(self.people[name], method, template.replace("{id}", id_), rule, id_, **given)

    def _note(self, route: str, what: str) -> None:
        self.wrong.append(f"{route or '/'}: {what}")

    def report(self) -> str:
        """Return the figures of the walk."""
        people, urls = len({name for name, _, _ in self.tried}), len({route for _, route, _ in self.tried})
        return (
            f"{people} people x {urls} URLs x ids: {len(self.tried):,} tried with {self.requests:,} requests, "
            f"{len(self.wrong)} wrong"
        )


def _body_for(template: str) -> Any:
    post = RULE_BY_ROUTE.get(template.partition("?")[0].lstrip("/"))
    return post.body if post else None


def _tell_apart(missing: Answer, ask: Callable[[], Answer], ask_missing: Callable[[], Answer]) -> str:
    """Return what tells an id from a missing one, or "".

    Numbers of queries are compared over a few tries: what is cached for a second is read again now and then.
    """
    found = ask()
    queries, of_missing = {found.queries}, {missing.queries}
    for _ in range(TRIES):
        if queries & of_missing:
            break
        queries.add(ask().queries)
        of_missing.add(ask_missing().queries)
    parts = [f"status {found.status} and {missing.status}"] if found.status != missing.status else []
    parts += [f"queries {queries} and {of_missing}"] if not queries & of_missing else []
    parts += [f"headers {set(found.headers) ^ set(missing.headers)}"] if found.headers != missing.headers else []
    parts += [f"bodies of {len(found.body)} and {len(missing.body)}"] if found.body != missing.body else []
    return ", ".join(parts)


def _walk(settings, record_property, *, is_full):
    walk = Walk(settings, is_full=is_full)
    walk.go()
    for query in QUERIES:
        walk.ask(*query)
    print(walk.report())
    record_property("walk", walk.report())
    assert not walk.wrong, "\n".join([walk.report(), *walk.wrong])


def test_what_is_not_ones_own_is_like_what_does_not_exist(settings, record_property):
    _walk(settings, record_property, is_full=False)


@pytest.mark.long  # some 20,000 requests: everybody goes everywhere with every id
def test_everybody_goes_everywhere_with_every_id(settings, record_property):
    _walk(settings, record_property, is_full=True)
