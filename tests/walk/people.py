"""The kinds of people, and what each sends with a request."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.test.client import ClientHandler

from accounts.models import Access, User
from accounts.roles import make_roles
from accounts.tokens import create_token
from tests.factories import make_user
from tests.guests import draw, new_guest

NONE: frozenset[str] = frozenset()
LOGGED_IN = frozenset({"alice", "bob", "carol", "adam", "root"})
REVIEWERS = frozenset({"carol", "adam", "root"})  # staff, too
ADMINS = frozenset({"adam", "root"})
ROOT = frozenset({"root"})
OUTSIDE = frozenset({"nobody", "guest"})
TOKENS = frozenset({"alice reads", "alice writes", "bob writes", "carol reviews"})  # API tokens, by their scopes
EVERYBODY = LOGGED_IN | OUTSIDE | TOKENS
READERS = LOGGED_IN | TOKENS  # of the API
WRITERS = READERS - {"alice reads"}
NO_USER = OUTSIDE | TOKENS  # on pages, where tokens say nothing

PASSWORD = "known to nobody else"
HANDLER = ClientHandler(enforce_csrf_checks=False)


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests. user: None for people without an account."""

    name: str
    user: User | None
    cookies: dict[str, str]
    headers: dict[str, str]

    def client(self) -> Client:
        """Return a new client, so that no request changes what the next one sends.

        All share a handler: loading the middleware for each request would take most of the time.
        """
        client = Client(headers=self.headers)
        client.handler = HANDLER
        client.cookies.load(self.cookies)
        return client


def make_people() -> dict[str, Person]:
    """Make one of each kind: Alice draws, Bob is a stranger, Carol reviews, Adam is in the group admin."""
    make_roles()
    users = {name: make_user(name) for name in ("alice", "bob")}
    for name, role in (("carol", "reviewer"), ("adam", "admin")):
        users[name] = make_user(name, is_staff=True)
        users[name].groups.add(Group.objects.get(name=role))
    users["root"] = User.objects.create_superuser("root", "", None)
    for user in users.values():
        user.set_password(PASSWORD)
        user.save()
    people = [Person(name, user, _log_in(user), {}) for name, user in users.items()]
    for name, access in (
        ("alice reads", Access.READ),
        ("alice writes", Access.WRITE),
        ("bob writes", Access.WRITE),
        ("carol reviews", Access.REVIEW),
    ):
        user = users[name.split()[0]]
        people.append(Person(name, user, {}, {"Authorization": f"Token {create_token(user, name, access=access)}"}))
    guest = new_guest()
    draw(guest)
    people += [Person("guest", None, _cookies(guest), {}), Person("nobody", None, {}, {})]
    return {person.name: person for person in people}


def _log_in(user: User) -> dict[str, str]:
    """Log in and enter the password, so that no page asks for it again."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return _cookies(client)


def _cookies(client: Client) -> dict[str, Any]:
    return {name: morsel.value for name, morsel in client.cookies.items()}
