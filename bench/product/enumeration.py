"""Time what log-in, sign-up and reset answer for known and unknown names and addresses, and compare the answers.

    .venv/bin/python -m bench.product.enumeration --count 50 --verification optional

Each pair asks for a known and an unknown one, in turns first, with names, addresses, sessions and networks of its own.
Starts a temporary site. Needs the packages that `make check` installs.
"""

import argparse
import json
import re
import time
from dataclasses import dataclass, field
from statistics import median
from uuid import uuid4

import requests

from tests.site import Site, open_site

PASSWORD = "draws digits well"  # noqa: S105 (of temporary accounts)
SECRETS = re.compile(r'(csrfmiddlewaretoken" value|nonce|csrf-token|data-user)="[^"]+"')
_MAKE = """
import json, sys
from accounts.models import User
from django.contrib.auth.hashers import make_password
password = make_password({password!r})
for name in json.loads({names!r}):
    user = User.objects.create(username=name, email=name + "@example.org", password=password)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
"""


@dataclass
class Door:
    """What was seen at one door: milliseconds of the POST for known and unknown, and how many answers differed."""

    known_ms: list[float] = field(default_factory=list)
    unknown_ms: list[float] = field(default_factory=list)
    differing: int = 0

    @property
    def ratio(self) -> float:
        return median(self.known_ms) / median(self.unknown_ms)


def form_for(door: str, name: str) -> tuple[str, dict[str, str]]:
    """Return the page and what is sent to it about the account with this name or its address."""
    email = f"{name}@example.org"
    forms = {
        "log-in by name": ("login", {"login": name, "password": "a guess"}),
        "log-in by address": ("login", {"login": email, "password": "a guess"}),
        "sign-up": (
            "signup",
            {"username": f"n{uuid4().hex[:15]}", "email": email, "password1": PASSWORD, "password2": PASSWORD},
        ),
        "reset": ("password/reset", {"email": email}),
    }
    return forms[door]


def ask(site: Site, door: str, name: str, client: str) -> tuple[float, tuple[object, ...]]:
    """Send the form; return the milliseconds it took, and what a stranger sees, without names and secrets."""
    page, form = form_for(door, name)
    session, url = requests.Session(), f"{site.url}/accounts/{page}/"
    session.headers["X-Forwarded-For"] = client
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', session.get(url, timeout=30).text)
    if token is None:
        raise RuntimeError(f"{url} has no form.")
    began = time.perf_counter()
    answer = session.post(url, form | {"csrfmiddlewaretoken": token[1]}, allow_redirects=False, timeout=30)
    took_ms = (time.perf_counter() - began) * 1000
    text = answer.text + (
        session.get(site.url + answer.headers["Location"], timeout=30).text if answer.is_redirect else ""
    )
    text = re.sub(f"{name}|{form.get('username', name)}", "*", SECRETS.sub("", text))
    kept = {name: value for name, value in answer.headers.items() if name not in {"Date", "Set-Cookie"}}
    csp = re.sub(r"nonce-[^']+", "", kept.pop("Content-Security-Policy", ""))
    return took_ms, (answer.status_code, sorted(kept), csp, sorted(session.cookies.keys()), text)


def measure(site: Site, door: str, count: int) -> Door:
    """Ask `count` interleaved pairs at one door."""
    names = [uuid4().hex[:16] for _ in range(count)]
    site.manage("shell", "--no-imports", "-c", _MAKE.format(password=PASSWORD, names=json.dumps(names)))
    found = Door()
    for number, known in enumerate(names):
        unknown, seen = uuid4().hex[:16], {}
        for name in (known, unknown) if number % 2 else (unknown, known):
            client = f"10.{number // 250}.{number % 250}.{2 + (name == known)}"
            took_ms, seen[name] = ask(site, door, name, client)
            (found.known_ms if name == known else found.unknown_ms).append(took_ms)
        found.differing += seen[known] != seen[unknown]
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="pairs at each door")
    parser.add_argument("--verification", default="optional", choices=("optional", "mandatory"))
    given = parser.parse_args()
    with open_site(TRUSTED_PROXY_COUNT="1", EMAIL_VERIFICATION=given.verification) as site:
        doors = ("log-in by name", "log-in by address", "sign-up", "reset")
        results = {door: measure(site, door, given.count) for door in doors}
    print(f"\nEMAIL_VERIFICATION={given.verification}, {given.count} pairs\n")
    print("| door | known, median ms | unknown, median ms | ratio | answers that differ |\n|---|---|---|---|---|")
    for door, found in results.items():
        medians = f"{median(found.known_ms):.1f} | {median(found.unknown_ms):.1f}"
        print(f"| {door} | {medians} | {found.ratio:.2f} | {found.differing} |")


if __name__ == "__main__":
    main()
