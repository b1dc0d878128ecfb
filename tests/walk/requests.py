"""Send the requests of the walk, each undone afterwards, and tell what of an answer may say that something exists."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.urls import URLPattern, get_resolver

from tests.walk.access import Rule
from tests.walk.people import Person

CHANGING = re.compile(r'(csrfmiddlewaretoken" value|nonce|data-csrf-token)="[\w+/=-]{16,}"|nonce-[\w+/=-]+')
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AGE = re.compile(r'"oldest_s":[\d.]+')
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")
LOG_IN = ("/accounts/login/", "/admin/login/")
WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
LONGEST_KEY = 9
VARY = {"content-length", "date", "ratelimit", "expires", "last-modified", "x-request-id"}


@dataclass(frozen=True)
class Answer:
    """What may tell that something exists. queries: how many. writes: the tables that changed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int
    writes: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def is_refusal(self) -> bool:
        """Return whether the person may not do this."""
        where = dict(self.headers).get("location", "")
        return self.status in {401, 403, 404} or (self.status == 302 and where.startswith(LOG_IN))


def routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Yield every route of the resolver."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<app_label>[^)]*", "<app_label>", route)  # names every app
        else:
            yield from routes(pattern, route)


def path_of(route: str, rule: Rule, id_: str = "") -> str:
    """Return the path of a route with an id."""
    template = rule.path or re.sub(r"<[^>]+>", "{id}", route)
    return "/" + template.replace("{id}", id_)


def send(person: Person, method: str, path: str, rule: Rule, id_: str = "", **headers: str) -> Answer:
    """Send a request, undo what it did, and return the answer without what always differs, and without the id."""
    options: dict[str, Any] = dict(headers)
    if method not in {"GET", "HEAD", "OPTIONS"}:
        options["data"] = rule.post
        if rule.body is not None or method != "POST":
            options |= {"data": json.dumps(rule.body), "content_type": "application/json"}
    with transaction.atomic():
        queries: list[str] = []
        with connection.execute_wrapper(lambda run, sql, *rest: queries.append(sql) or run(sql, *rest)):
            answer = getattr(person.client(), method.lower())(path, **options)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    given = {name.lower(): value for name, value in answer.items() if name.lower() not in VARY}
    headers_sent = tuple((name, _normalized(value, id_)) for name, value in sorted(given.items()))
    cookies = (("set-cookie", " ".join(sorted(answer.cookies))),)
    body = _normalized(content.decode("utf-8", "replace"), id_)
    writes = frozenset(found[1] for sql in queries if (found := WRITE.match(sql)))
    return Answer(answer.status_code, headers_sent + cookies, body, len(queries), writes)


def _normalized(text: str, id_: str) -> str:
    """Return a text without tokens, nonces, times, ids that the request made, and the id that was asked for."""
    if id_:
        before, behind = r"(?:(?<=[/“])|(?<=%2F))", r"(?=[/”\"'&?]|%2F|$)"
        if len(id_) > LONGEST_KEY:  # a short one is found elsewhere too, as in `initial-scale=1`
            before = r"(?:(?<=[/“=])|(?<=%2F)|(?<=%3D))"
        text = re.sub(rf"{before}{re.escape(quote(id_))}{behind}", "ID", text, flags=re.IGNORECASE)
    return CHANGING.sub("…", AGE.sub("AGE", TIME.sub("TIME", UUID.sub("ID", text))))
