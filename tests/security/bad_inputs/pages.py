"""Paths, static files, and the forms of pages, accounts and the admin."""

import json
from typing import Any

from tests.security.bad_inputs.case import JSON, MISSING, Bad

LONG = "7" * 100_000
LONG_ADDRESS = "x" * 250 + "@example.org"
DEEP = "[" * 50_000


def path(name: str, address: str, status: int = 404, **more: Any) -> Bad:
    """Return a stranger's look at an address."""
    return Bad(name, f"GET {address}", status, who="", **more)


def page(name: str, request: str, status: int, form: Any = None, who: str = "alice's browser", **more: Any) -> Bad:
    """Return a request of somebody who is logged in; forms get their token."""
    return Bad(name, request, status, form=form, who=who, **more)


def script(name: str, address: str, body: object, status: int = 400, code: str = "invalid") -> Bad:
    """Return what a script of a reviewer's page would not send."""
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    return Bad(name, f"POST {address}", status, code, sent, JSON, who="admin's browser with a token")


CASES = [
    path("a path out of the static files", "/static/../config/settings.py"),
    path("an encoded path out of the static files", "/static/%2e%2e/config/settings.py"),
    path("a doubly encoded path", "/static/%252e%252e/config/settings.py"),
    path("a path with backslashes", "/static/..%5c..%5cconfig%5csettings.py"),
    path("a path with a NUL", "/static/css/inkling.css%00.png", 400),
    path("a path of bytes", "/%ff%fe/"),
    path("a path of dots", "/..;/admin/"),
    path("a list of static files", "/static/"),
    path("a hidden file", "/.env"),
    path("the repository", "/.git/config"),
    path("a script of another system", "/wp-login.php"),
    path("a path of 4,000 characters", "/" + "a/" * 2_000),
    path("a NUL in a query", "/?batch=%00", 400),
    path("a range of a static file of no kind", "/static/css/inkling.css", 416, headers={"Range": "bytes=9999999-"}),
    path("a model of a wrong hash", "/model/zzz/browser-1.bin"),
    path("a language of 8,000 characters", "/model/", 200, headers={"Accept-Language": "de-" * 2_600}),
    path("an invitation of SQL", "/accounts/invitations/'%20OR%201=1--/", 410),
    path("a reset of nobody", "/accounts/password/reset/key/zzz-zzz/", 200),
    page("a filter with a NUL", "GET /history/?text=%00", 400),
    page("a history before nothing", f"GET /history/?before={MISSING}", 200),
    page("a drawing of no UUID", "GET /history/7/", 404),
    page("a drawing of nobody", f"GET /history/{MISSING}/", 404),
    page("an animation of nobody", f"GET /history/{MISSING}/animation.gif", 404),
    page("a count with a forged cursor", "GET /history/selected/count/?newest=AAAA", 400, code="invalid"),
    page("a selection of nothing", "POST /history/selected/delete/", 302, {}),
    page("a selection with a forged cursor", "POST /history/selected/delete/", 302, {"all": "1", "newest": "AAAA"}),
    page("a selection of no ids", "POST /history/selected/delete/", 302, {"id": ["7", LONG[:1000], "\ud7ff"]}),
    page("a deletion of nobody", f"POST /history/deletions/{MISSING}/restore/", 302, {}),
    page("a form's token that is wrong", "POST /history/stop-training/", 403, {"csrfmiddlewaretoken": "a" * 64}),
    page("a form with a NUL", "POST /accounts/tokens/", 400, {"name": "a\0b"}),
    page("a token without a name", "POST /accounts/tokens/", 200, {"name": ""}),
    page("a token's name of 100,000 characters", "POST /accounts/tokens/", 200, {"name": LONG}),
    page("a token of no scope", "POST /accounts/tokens/", 200, {"name": "a", "access": "everything"}),
    page("an export of no format by a form", "POST /history/exports/", 200, {"format": "exe"}),
    page("a form with 5,000 fields", "POST /accounts/tokens/", 400, {f"f{i}": "1" for i in range(5_000)}),
    page("a form of 30 MB", "POST /accounts/preferences/", 413, {"theme": LONG * 300}),
    page("a theme of no name", "POST /accounts/preferences/", 302, {"theme": "<script>"}),
    page("an address of 262 characters", "POST /accounts/email/", 200, {"action_add": "", "email": LONG_ADDRESS}),
    page("a session of nobody", "POST /accounts/sessions/zzz/end/", 302, {}),  # who one is is asked first
    page("an activity with a forged cursor", "GET /accounts/activity/?before=AAAA", 404),
    page("the admin for a user", "GET /admin/", 302),
    page("a passkey that is no JSON", "POST /accounts/2fa/webauthn/add/", 302, {"credential": "{"}),
    page("a passkey nested deep", "POST /accounts/2fa/webauthn/add/", 302, {"credential": DEEP}),
    page("a code of letters", "POST /accounts/2fa/totp/activate/", 302, {"code": "abcdef"}),
    page(
        "a log-in by a passkey of numbers",
        "POST /accounts/2fa/webauthn/login/",
        302,
        {"credential": "7"},
        who="browser",
    ),
    page("a log-in by a deep passkey", "POST /accounts/2fa/webauthn/login/", 302, {"credential": DEEP}, who="browser"),
    page(
        "a log-in of 100,000 characters", "POST /accounts/login/", 200, {"login": LONG, "password": LONG}, who="browser"
    ),
    page("a log-in with a NUL", "POST /accounts/login/", 400, {"login": "a\0", "password": "b"}, who="browser"),
    page("a sign-up of spaces", "POST /accounts/signup/", 200, {"username": "   ", "password1": "a"}, who="browser"),
    page(
        "a sign-up of invisible letters",
        "POST /accounts/signup/",
        200,
        {"username": "ad\u200bmin", "password1": "a long one 123", "password2": "a long one 123"},
        who="browser",
    ),
    page("an unknown language", "POST /accounts/language/", 302, {"language": "../../etc"}, who="browser"),
    script("a turn of nothing", "/review/turn/", {}),
    script("a turn that is no JSON", "/review/turn/", "{"),
    script("a turn nested deep", "/review/turn/", DEEP),
    script("a turn of too many", "/review/turn/", {"holder": MISSING, "held": [], "sent": [], "count": 17}),
    script(
        "a turn with a key of 3,000 digits",
        "/review/turn/",
        '{{"holder": "{}", "held": [{}], "sent": [], "count": 1}}'.format(MISSING, "9" * 3_000),
    ),
    script(
        "a turn with a key of a boolean", "/review/turn/", {"holder": MISSING, "held": [True], "sent": [], "count": 1}
    ),
    script(
        "a turn with a key as a string", "/review/turn/", {"holder": MISSING, "held": ["1"], "sent": [], "count": 1}
    ),
    script(
        "entries of an unknown kind",
        "/review/entries/",
        {"holder": MISSING, "entries": [{"kind": "drop", "key": MISSING, "drawing": 1, "text": "7"}]},
    ),
    script("entries of NaN", "/review/entries/", f'{{"holder": "{MISSING}", "entries": NaN}}'),
    script(
        "51 entries",
        "/review/entries/",
        {"holder": MISSING, "entries": [{"kind": "skip", "key": MISSING, "drawing": 1, "text": ""}] * 51},
    ),
    page("an admin's row of no number", "GET /admin/predictions/submission/seven/change/", 302, who="admin's browser"),
    page(
        "an admin's row of 400 digits",
        f"GET /admin/predictions/submission/{'9' * 400}/change/",
        302,
        who="admin's browser",
    ),
    page(
        "an admin's unknown filter",
        "GET /admin/predictions/submission/?owner__password__startswith=a",
        400,
        who="admin's browser",
    ),
    page(
        "an admin's filter of a wrong kind",
        "GET /admin/predictions/submission/?id__exact=zzz",
        302,
        who="admin's browser",
    ),
    page("an admin's page of no number", "GET /admin/accounts/user/?p=zzz", 200, who="admin's browser"),
    page("an admin's order of no number", "GET /admin/accounts/user/?o=9999.zz", 200, who="admin's browser"),
    page("an admin's search with a NUL", "GET /admin/accounts/user/?q=%00", 400, who="admin's browser"),
    page(
        "an admin's unknown action",
        "POST /admin/accounts/user/",
        302,
        {"action": "drop_table", "_selected_action": "1"},
        who="admin's browser",
    ),
    page(
        "an admin's action on no number",
        "POST /admin/predictions/submission/",
        302,
        {"action": "delete_selected", "_selected_action": "zzz"},
        who="admin's browser",
    ),
    page("an admin's lane of no name", "POST /admin/lanes/zzz/", 404, {}, who="admin's browser"),
    page(
        "an admin's saved filter of another site",
        "POST /admin/filters/",
        302,
        {"table": "predictions.submission", "name": "x", "query": "//evil.example"},
        who="admin's browser",
    ),
    page("an admin's saved filter of no table", "POST /admin/filters/", 404, {"table": "zzz"}, who="admin's browser"),
    page(
        "an admin's autocomplete of no field",
        "GET /admin/autocomplete/?app_label=a&model_name=b&field_name=c",
        403,
        who="admin's browser",
    ),
]
