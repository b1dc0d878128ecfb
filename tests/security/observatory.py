"""Score a page by the table that Mozilla's HTTP Observatory publishes, without asking it.

Source: MDN, "HTTP Observatory Scoring Methodology", developer.mozilla.org/observatory/docs/tests_and_scoring, read in
2026. The modifiers and the grades are the table's. A page starts with 100 points; bonuses count from 90 points on.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.cookies import Morsel, SimpleCookie
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests

from tests.security.response_headers import parse_policy

GRADES = (
    *((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"), (45, "C-")),
    *((40, "D+"), (30, "D"), (25, "D-"), (0, "F")),
)
LEAST_FOR_BONUS = 90
SIX_MONTHS_S = 15_768_000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
FALLBACK = "default-src"


class Result(NamedTuple):
    """What one of the table's tests found, and its modifier."""

    name: str
    points: int


class Score(NamedTuple):
    """The points of a page, its grade, and how they come about."""

    points: int
    grade: str
    results: list[Result]


def score_page(session: requests.Session, http_url: str, https_url: str) -> Score:
    """Ask for a page over http and https, and score the answers. The session may be somebody's."""
    page = session.get(https_url, timeout=30)
    assert page.url == https_url, f"led to {page.url}"
    policy = parse_policy(page.headers.get("Content-Security-Policy", ""))
    results = [
        _policy(policy),
        _cookies(page),
        _sharing(page),
        _redirection(http_url),
        _referrer(page),
        _transport(page),
        _integrity(page),
        _sniffing(page),
        _framing(page, policy),
        _resources(page),
    ]
    return _add_up(results)


def _add_up(results: list[Result]) -> Score:
    points = 100 + sum(result.points for result in results if result.points < 0)
    if points >= LEAST_FOR_BONUS:
        points += sum(result.points for result in results if result.points > 0)
    points = max(0, points)
    return Score(points, next(grade for least, grade in GRADES if points >= least), results)


def _policy(policy: dict[str, list[str]]) -> Result:
    if not policy:
        return Result("csp-not-implemented", -25)
    of_scripts = policy.get("script-src", policy.get(FALLBACK, ["*"]))
    of_objects, of_styles = policy.get("object-src", policy.get(FALLBACK, ["*"])), policy.get("style-src", [])
    if _is_broad(of_scripts) or _is_broad(of_objects) or "'unsafe-inline'" in of_scripts or "data:" in of_scripts:
        return Result("csp-implemented-with-unsafe-inline", -20)
    if any(value.startswith("http:") for values in policy.values() for value in values):
        return Result("csp-implemented-with-insecure-scheme", -20)
    if any("'unsafe-eval'" in values for values in policy.values()):
        return Result("csp-implemented-with-unsafe-eval", -10)
    if _is_broad(of_styles) or {"'unsafe-inline'", "data:"} & set(of_styles):
        return Result("csp-implemented-with-unsafe-inline-in-style-src-only", 0)
    if policy.get(FALLBACK) == ["'none'"] and policy.get("form-action") in (["'none'"], ["'self'"]):
        return Result("csp-implemented-with-no-unsafe-default-src-none", 10)
    return Result("csp-implemented-with-no-unsafe", 5)


def _is_broad(sources: list[str]) -> bool:
    return bool({"*", "http:", "https:"} & set(sources))


def _cookies(page: requests.Response) -> Result:
    found = list(_sent_cookies(page))
    sessions = [cookie for cookie in found if re.search("login|sess", cookie.key, re.IGNORECASE)]
    if not found:
        return Result("cookies-not-found", 0)
    if any(not cookie["httponly"] for cookie in sessions):
        return Result("cookies-session-without-httponly-flag", -30)
    if any(not cookie["secure"] for cookie in found):
        return Result("cookies-without-secure-flag", -20)
    if any("csrf" in cookie.key.lower() and not cookie["samesite"] for cookie in found):
        return Result("cookies-anticsrf-without-samesite-flag", -20)
    if any(cookie["samesite"] not in {"Lax", "Strict"} for cookie in found):
        return Result("cookies-secure-with-httponly-sessions", 0)
    return Result("cookies-secure-with-httponly-sessions-and-samesite", 5)


def _sent_cookies(page: requests.Response) -> Iterator[Morsel[str]]:
    for sent in page.raw.headers.getlist("Set-Cookie"):
        yield from SimpleCookie(sent).values()


def _sharing(page: requests.Response) -> Result:
    if "Access-Control-Allow-Origin" not in page.headers:
        return Result("cross-origin-resource-sharing-not-implemented", 0)
    return Result("cross-origin-resource-sharing-implemented-with-universal-access", -50)  # the worst that it may be


def _redirection(http_url: str) -> Result:
    first = requests.get(http_url, timeout=30, allow_redirects=False)
    there = urlsplit(urljoin(http_url, first.headers.get("Location", "")))
    if first.status_code not in {301, 302, 307, 308}:
        return Result("redirection-missing", -20)
    if there.scheme != "https":
        return Result("redirection-not-to-https-on-initial-redirection", -10)
    if there.hostname != urlsplit(http_url).hostname:
        return Result("redirection-off-host-from-http", -5)
    return Result("redirection-to-https", 0)


def _referrer(page: requests.Response) -> Result:
    said = page.headers.get("Referrer-Policy")
    if said is None:
        return Result("referrer-policy-not-implemented", 0)
    return Result("referrer-policy-private", 5) if said in PRIVATE else Result("referrer-policy-unsafe", -5)


def _transport(page: requests.Response) -> Result:
    found = re.match(r"max-age=(\d+)", page.headers.get("Strict-Transport-Security", ""))
    if not found:
        return Result("hsts-not-implemented", -20)
    if int(found[1]) < SIX_MONTHS_S:
        return Result("hsts-implemented-max-age-less-than-six-months", -10)
    return Result("hsts-implemented-max-age-at-least-six-months", 0)  # being on a preload list would be 5


class _Scripts(HTMLParser):
    """Collects the addresses of a page's scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a script."""
        if tag == "script":
            self.found += [value for name, value in attrs if name == "src" and value]


def _integrity(page: requests.Response) -> Result:
    scripts = _Scripts()
    scripts.feed(page.text)
    if not scripts.found:
        return Result("sri-not-implemented-but-no-scripts-loaded", 0)
    if all(urlsplit(urljoin(page.url, found))[:2] == urlsplit(page.url)[:2] for found in scripts.found):
        return Result("sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0)
    return Result("sri-not-implemented-and-external-scripts-not-loaded-securely", -50)  # the worst that it may be


def _sniffing(page: requests.Response) -> Result:
    if page.headers.get("X-Content-Type-Options") == "nosniff":
        return Result("x-content-type-options-nosniff", 0)
    return Result("x-content-type-options-not-implemented", -5)


def _framing(page: requests.Response, policy: dict[str, list[str]]) -> Result:
    if policy.get("frame-ancestors") in (["'none'"], ["'self'"]):
        return Result("x-frame-options-implemented-via-csp", 5)
    if page.headers.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"}:
        return Result("x-frame-options-sameorigin-or-deny", 0)
    return Result("x-frame-options-not-implemented", -20)


def _resources(page: requests.Response) -> Result:
    said = page.headers.get("Cross-Origin-Resource-Policy")
    if said in {"same-origin", "same-site"}:
        return Result(f"corp-implemented-with-{said}", 10)
    return Result("corp-not-implemented", 0) if said is None else Result("corp-header-invalid", -5)
