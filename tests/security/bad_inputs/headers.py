"""Headers that are wrong, forged or too long."""

import json

from tests.security.bad_inputs.case import DRAWING, JSON, MISSING, SUBMISSIONS, Bad

BODY = json.dumps(DRAWING)
LIST = f"GET {SUBMISSIONS}"


def post(name: str, headers: dict[str, str], status: int = 400, code: str = "invalid", **more: str) -> Bad:
    """Return a good drawing with a bad header."""
    return Bad(name, f"POST {SUBMISSIONS}", status, code, BODY, JSON | headers, **more)


def get(name: str, headers: dict[str, str], status: int = 401, code: str = "authentication_failed") -> Bad:
    """Return a stranger's look at the list with a bad header."""
    return Bad(name, LIST, status, code, headers=headers, who="")


CASES = [
    Bad("no token", LIST, 401, "not_authenticated", who=""),
    get("an empty token", {"Authorization": "Token "}),
    get("a token of spaces", {"Authorization": "Token  a b"}),
    get("an unknown token", {"Authorization": "Token ink_" + "a" * 64}),
    get("a token of 8,000 characters", {"Authorization": "Token " + "a" * 8_000}),
    get("a token in another script", {"Authorization": "Token \xe9\xe8\xff"}),
    get("another scheme", {"Authorization": "Bearer ink_" + "a" * 64}, 401, "not_authenticated"),
    get("a name and a password", {"Authorization": "Basic YWRtaW46YWRtaW4="}, 401, "not_authenticated"),
    get("a forged session", {"Cookie": "sessionid=" + "a" * 32}, 401, "not_authenticated"),
    get("a session as a path", {"Cookie": "sessionid=../../etc/passwd"}, 401, "not_authenticated"),
    get("a thousand cookies", {"Cookie": "; ".join(f"c{i}=1" for i in range(1_000))}, 401, "not_authenticated"),
    get("a cookie of no syntax", {"Cookie": ";;;=;\x7e=\x22"}, 401, "not_authenticated"),
    post("an empty key", {"Idempotency-Key": ""}),
    post("a key of 256 characters", {"Idempotency-Key": "a" * 256}),
    post("a key in another script", {"Idempotency-Key": "\xe9"}),
    post("a wait before cancelling of no number", {"Cancel-After": "soon"}),
    post("a negative wait before cancelling", {"Cancel-After": "-1"}),
    post("a wait before cancelling of 3,000 digits", {"Cancel-After": "9" * 3_000}),
    post("a wait before cancelling of 25 hours", {"Cancel-After": "90000"}),
    post("two waits before cancelling", {"Cancel-After": "1, 2"}),
    post("a host of somebody else", {"Host": "evil.example"}),
    post("a host with a name and a password", {"Host": "user:pw@127.0.0.1"}),
    post("a host with a path", {"Host": "127.0.0.1/evil"}),
    post("a host with spaces", {"Host": "127.0.0.1 evil"}),
    post("an empty host", {"Host": ""}),
    Bad("a host of somebody else on a page", "GET /", 400, headers={"Host": "evil.example"}, who=""),
    Bad("a host of somebody else in a reset", "GET /accounts/password/reset/", 400, headers={"Host": "a.b"}, who=""),
    Bad(
        "another method in a header",
        f"GET {SUBMISSIONS}{MISSING}/",
        404,
        "not_found",
        headers={"X-HTTP-Method-Override": "DELETE"},
    ),
    Bad(
        "another path in a header",
        "GET /api/v1/nothing/",
        404,
        "not_found",
        headers={"X-Original-URL": SUBMISSIONS, "X-Rewrite-URL": SUBMISSIONS},
    ),
    Bad("an unknown method", f"PROPFIND {SUBMISSIONS}", 405, "method_not_allowed"),
    Bad("TRACE", "TRACE /api/v1/queue/", 405, "method_not_allowed"),
    Bad("PATCH", f"PATCH {SUBMISSIONS}{MISSING}/", 405, "method_not_allowed", b"{}", JSON),
    Bad("PUT of a list", f"PUT {SUBMISSIONS}", 405, "method_not_allowed", b"{}", JSON),
    Bad("DELETE of everything", f"DELETE {SUBMISSIONS}", 405, "method_not_allowed"),
    Bad("a page by DELETE", "DELETE /model/", 403, who=""),
    post("a type with a NUL's name", {"Content-Type": "application/json\\0"}, 415, "unsupported_media_type"),
    post("a type of nothing", {"Content-Type": "/"}, 415, "unsupported_media_type"),
    post("two types", {"Content-Type": "application/json, image/png"}, 415, "unsupported_media_type"),
    post("a type of 7,000 characters", {"Content-Type": "a" * 7_000}, 415, "unsupported_media_type"),
    Bad(
        "a session without its form's token",
        f"POST {SUBMISSIONS}",
        403,
        "permission_denied",
        BODY,
        JSON,
        who="alice's browser",
    ),
    Bad(
        "a session with another form's token",
        f"POST {SUBMISSIONS}",
        403,
        "permission_denied",
        BODY,
        JSON | {"X-CSRFToken": "a" * 64},
        who="alice's browser",
    ),
]
