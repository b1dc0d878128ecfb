"""What is wrong with the headers of one response over https: from Django, the API or the proxy."""

from collections.abc import Iterable, Iterator, Mapping
from http.cookies import SimpleCookie

EXACTLY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
DENIED = ("camera", "geolocation", "microphone", "payment", "usb", "display-capture", "sync-xhr")
YEAR_S = 31_536_000


def parse_policy(policy: str) -> dict[str, list[str]]:
    """Return the directives of a Content-Security-Policy with their values."""
    directives = (part.split() for part in policy.split(";") if part.strip())
    return {name: values for name, *values in directives}


def find_faults(status: int, headers: Mapping[str, str], cookies: Iterable[str] = (), *, path: str = "") -> list[str]:
    """Return what is wrong. headers: lower-case names; cookies: the values of Set-Cookie."""
    wrong = [name for name, value in EXACTLY.items() if headers.get(name) != value]
    denied = headers.get("permissions-policy", "").split(", ")
    wrong += [f"{feature} is allowed" for feature in DENIED if f"{feature}=()" not in denied]
    if not headers.get("strict-transport-security", "").startswith(f"max-age={YEAR_S}"):
        wrong.append("no HSTS")
    if "access-control-allow-origin" in headers:
        wrong.append("CORS")
    wrong += _faults_of_policy(status, headers, path)
    wrong += [fault for cookie in cookies for fault in _faults_of_cookie(cookie)]
    return wrong


def _faults_of_policy(status: int, headers: Mapping[str, str], path: str) -> Iterator[str]:
    policy = parse_policy(headers.get("content-security-policy", ""))
    if status == 304:  # it would replace the policy, and the nonce, of the page that the browser has stored
        yield from ("a policy on a 304",) if policy else ()
        return
    is_page = headers.get("content-type", "").startswith("text/html")
    for name in ("default-src", "base-uri", "frame-ancestors"):
        if policy.get(name) != ["'none'"]:
            yield f"{name} {policy.get(name)}"
    if policy.get("form-action") not in (["'self'"], ["'none'"]):
        yield f"form-action {policy.get('form-action')}"
    known = {"'none'", "'self'", "data:", "blob:", "'script'", "inkling"}
    for name, values in policy.items():
        if any(value not in known and not value.startswith("'nonce-") for value in values):
            yield f"{name} {values}"
    if {"data:", "blob:"} & {value for name, values in policy.items() if name != "img-src" for value in values}:
        yield "data: or blob: other than for images"
    is_ours = is_page and "script-src" in policy and not path.startswith("/admin/")
    if is_ours and (policy.get("require-trusted-types-for"), policy.get("trusted-types")) != (
        ["'script'"],
        ["inkling"],
    ):
        yield "no Trusted Types"
    if is_page and "script-src" in policy and "upgrade-insecure-requests" not in policy:
        yield "no upgrade-insecure-requests"


def _faults_of_cookie(sent: str) -> Iterator[str]:
    for name, cookie in SimpleCookie(sent).items():
        if not name.startswith("__Host-"):
            yield f"cookie {name}: no __Host-"
        if not cookie["secure"] or cookie["path"] != "/" or cookie["domain"]:
            yield f"cookie {name}: {cookie.OutputString()}"
        is_kept = cookie["max-age"] != "0"  # else it is deleted
        if is_kept and (not cookie["httponly"] or cookie["samesite"] not in {"Lax", "Strict"}):
            yield f"cookie {name}: scripts read it, or other sites send it"
