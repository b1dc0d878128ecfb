"""Who may open each URL, and which kind of ids it holds: one line for each, by the route as the resolver has it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.factories import SEVEN
from tests.sheets import FORM as TEMPLATE_FORM
from tests.walk.people import ADMINS, EVERYBODY, LOGGED_IN, NO_USER, NONE, READERS, REVIEWERS, ROOT, WRITERS

Names = frozenset[str]


@dataclass(frozen=True)
class Rule:
    """The rule of one URL.

    read: who is not refused a GET. Refused is 401, 403, 404 or a redirect to the log-in.
    write: who is not refused another method; None for those who may read.
    kind: of its ids, a key of `ids.make_ids`; "" without ids.
    path: the path with `{id}`, if the route is no plain one.
    post: what is sent, as a form; body: as JSON.
    methods: besides GET, HEAD, OPTIONS and POST.
    tells: whether an own id is answered otherwise than a missing one.
    is_judged: whether a refusal can be told from the answer; not where the log-in is where everybody is led.
    recalls: whether it knows ids that the person deleted, such as to restore one.
    """

    read: Names
    write: Names | None = None
    kind: str = ""
    path: str = ""
    post: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    methods: tuple[str, ...] = ()
    recalls: bool = False
    tells: bool = True
    is_judged: bool = True

    def may(self, method: str) -> Names:
        """Return who may send this method."""
        return self.read if method in {"GET", "HEAD", "OPTIONS"} or self.write is None else self.write


def form(who: Names = LOGGED_IN, kind: str = "", **more: Any) -> Rule:
    """Return the rule of a form's address: a GET leads everybody to its page."""
    return Rule(EVERYBODY, who, kind, **more)


def own(**more: Any) -> Rule:
    """Return the rule of a page of one's own drawing."""
    return Rule(LOGGED_IN, kind="submission", **more)


def api(*methods: str, **more: Any) -> Rule:
    """Return the rule of an operation of the API on one's own drawing, with its methods besides GET and POST."""
    return Rule(READERS, WRITERS, "submission", methods=methods, **more)


CELL = "cells/<int:row>/<int:column>/"


def of_page(rest: str, **more: Any) -> Rule:
    """Return the rule of an operation of the API on a page of one's own sheet."""
    return Rule(READERS, WRITERS, "page of a sheet", path=f"api/v1/sheets/{{id}}/{rest}", **more)


def of_delivery(rest: str) -> Rule:
    """Return the rule of an operation of the API on a delivery of one's own webhook."""
    return Rule(READERS, WRITERS, "delivery", path=f"api/v1/webhooks/{{id}}/{rest}")


def own_page(rest: str, *, is_form: bool = False) -> Rule:
    """Return the rule of a page's address on a page of one's own sheet."""
    return Rule(EVERYBODY if is_form else LOGGED_IN, LOGGED_IN, "page of a sheet", path=f"sheets/{{id}}/{rest}")


TABLE_PAGES = ("", "add/", *(f"<path:object_id>/{page}" for page in ("history/", "delete/", "change/", "")))


def table(name: str, kind: str, view: Names, *, add: Names = NONE, change: Names = NONE, delete: Names = NONE) -> Any:
    """Yield the rules of the pages of one table in the admin. view, add, change, delete: who may."""
    who = (Rule(view), Rule(add), Rule(view), Rule(delete), Rule(view, change), Rule(REVIEWERS, tells=False))
    for page, rule in zip(TABLE_PAGES, who, strict=True):
        has_id = "object_id" in page
        yield f"admin/{name}/{page}", replace(rule, kind=kind if has_id else "")


ANYBODY = Rule(EVERYBODY)
TO_LOG_IN = Rule(EVERYBODY, is_judged=False)
USERS = Rule(LOGGED_IN)
STAFF = Rule(REVIEWERS)
NOBODY = Rule(NONE)
OF_FACTOR = Rule(LOGGED_IN, is_judged=False)  # missing for those without this factor

PAGES = {
    "": ANYBODY,
    "manifest.webmanifest": ANYBODY,
    "service-worker.js": ANYBODY,
    "offline/": ANYBODY,
    "favicon.ico": ANYBODY,
    ".well-known/security.txt": Rule(NONE),  # there is none without SECURITY_CONTACT
    "guest/keep/": form(),
    "guest/discard/": form(),
    "model/": ANYBODY,
    "model/<slug:sha256>/browser-<int:layout>.bin": Rule(NONE, path=f"model/{'0' * 64}/browser-1.bin"),
    "history/": USERS,
    "history/statistics/": USERS,
    "history/<uuid:id_>/": own(),
    "history/<uuid:id_>/thumbnail.png": own(),
    "history/<uuid:id_>/image": own(),
    "history/<uuid:id_>/animation.gif": Rule(LOGGED_IN, kind="drawing of strokes"),
    "history/<uuid:id_>/review/": form(kind="submission", post={"answer": "wrong", "text": "3"}),
    "history/<uuid:id_>/review/withdraw/": form(kind="submission"),
    "history/<uuid:id_>/retry/": form(kind="submission"),
    "history/<uuid:id_>/explain/": form(kind="submission", post={"model": "test-1"}),
    "history/<uuid:id_>/read-again/": form(kind="submission"),
    "history/<uuid:id_>/delete/": form(kind="submission"),
    "history/<uuid:id_>/restore/": form(kind="submission", recalls=True, tells=False),
    "history/<uuid:id_>/train/": form(kind="submission", post={"may_train": "on"}),
    "history/stop-training/": form(),
    "history/selected/count/": USERS,
    "history/selected/delete/": form(),
    "history/selected/read-again/": form(),
    "history/deletions/<uuid:id_>/restore/": form(kind="deletion", tells=False),
    "history/read-again/": USERS,
    "history/read-again/<uuid:id_>/": Rule(LOGGED_IN, kind="request to read again"),
    "history/read-again/<uuid:id_>/more/": form(kind="request to read again"),
    "history/exports/": Rule(LOGGED_IN, post={"format": "csv"}),
    "history/exports/<uuid:id_>/file": Rule(LOGGED_IN, kind="export"),
    "history/exports/<uuid:id_>/delete/": form(kind="export"),
    "sheets/": USERS,
    "sheets/new/": USERS,
    "sheets/demo/": ANYBODY,
    "sheets/demo/<slug:name>.jpg": Rule(EVERYBODY, path="sheets/demo/picture.jpg"),
    "sheets/<uuid:id_>/": Rule(LOGGED_IN, kind="sheet"),
    "sheets/<uuid:id_>/delete/": form(kind="sheet", tells=False),
    "sheets/<uuid:id_>/rename/": form(kind="sheet", post={"title": "walked"}),
    "sheets/<uuid:id_>/columns/": Rule(LOGGED_IN, kind="sheet"),
    "sheets/<uuid:id_>/check/": Rule(LOGGED_IN, kind="sheet", post={"action": "accept"}),
    "sheets/<uuid:id_>/accept/": form(kind="sheet", post={"threshold": "0.5"}),
    "sheets/<uuid:id_>/undo/": form(kind="sheet"),
    "sheets/<uuid:id_>/workbook/": form(kind="sheet"),
    "sheets/<uuid:id_>/pages/": form(kind="sheet"),
    "sheets/<uuid:id_>/pages/<uuid:page>/picture.jpg": own_page("picture.jpg"),
    "sheets/<uuid:id_>/pages/<uuid:page>/retake/": own_page("retake/", is_form=True),
    "sheets/<uuid:id_>/pages/<uuid:page>/remove/": own_page("remove/", is_form=True),
    "sheets/<uuid:id_>/pages/<uuid:page>/move/": own_page("move/", is_form=True),
    "sheets/templates/": USERS,
    "sheets/templates/new/": Rule(LOGGED_IN, post={"action": "preview"}),
    "sheets/templates/<uuid:id_>/": Rule(LOGGED_IN, kind="sheet template"),
    "sheets/templates/<uuid:id_>.pdf": Rule(LOGGED_IN, kind="sheet template"),
    "sheets/templates/<uuid:id_>/edit/": Rule(LOGGED_IN, kind="sheet template", post={"action": "preview"}),
    "sheets/templates/<uuid:id_>/archive/": form(kind="sheet template"),
    "sheets/templates/<uuid:id_>/restore/": form(kind="sheet template"),
    "review/": STAFF,
    "review/accuracy/": STAFF,
    "review/agreement/": STAFF,
    "review/turn/": STAFF,
    "review/entries/": STAFF,
    "review/<int:key>/image": Rule(REVIEWERS, kind="leased drawing"),
}
API = {
    "api/v1/submissions": Rule(READERS, WRITERS, body=SEVEN),
    "api/v1/submissions/": Rule(READERS, WRITERS, body=SEVEN),
    "api/v1/submissions.ndjson": Rule(READERS, WRITERS),
    "api/v1/exports/": Rule(READERS, WRITERS, body={"format": "csv"}),
    "api/v1/exports/<uuid:id_>/": Rule(READERS, WRITERS, "export", methods=("DELETE",)),
    "api/v1/exports/<uuid:id_>/file": Rule(READERS, WRITERS, "export"),
    "api/v1/submissions/batch/": Rule(READERS, WRITERS, body=[SEVEN]),
    "api/v1/submissions/<uuid:id_>/": api("PUT", "DELETE", body=SEVEN, recalls=True),
    "api/v1/submissions/<uuid:id_>/cancel/": api(),
    "api/v1/submissions/<uuid:id_>/retry/": api(),
    "api/v1/submissions/<uuid:id_>/review/": api("DELETE", body={"text": "3"}),
    "api/v1/submissions/<uuid:id_>/image/": api(),
    "api/v1/submissions/<uuid:id_>/explanation/": api(),
    "api/v1/submissions/<uuid:id_>/read-again/": api(),
    "api/v1/sheet-templates/": Rule(READERS, WRITERS, body=TEMPLATE_FORM),
    "api/v1/sheet-templates/<uuid:id_>/": Rule(READERS, WRITERS, "sheet template"),
    "api/v1/sheet-templates/<uuid:id_>/archive/": Rule(READERS, WRITERS, "sheet template", methods=("DELETE",)),
    "api/v1/sheet-templates/<uuid:id_>/versions/": Rule(READERS, WRITERS, "sheet template", body=TEMPLATE_FORM),
    "api/v1/sheet-templates/<uuid:id_>/pdf/": Rule(READERS, WRITERS, "sheet template"),
    "api/v1/sheets/": Rule(READERS, WRITERS),
    "api/v1/sheets/<uuid:id_>/": Rule(READERS, WRITERS, "sheet", methods=("PATCH", "DELETE"), body={"title": "walked"}),
    "api/v1/sheets/<uuid:id_>/pages/": Rule(READERS, WRITERS, "sheet"),
    "api/v1/sheets/<uuid:id_>/columns/": Rule(READERS, WRITERS, "sheet", body={"title": "walked", "columns": []}),
    "api/v1/sheets/<uuid:id_>/table/": Rule(READERS, WRITERS, "sheet"),
    "api/v1/sheets/<uuid:id_>/table.csv": Rule(READERS, WRITERS, "sheet"),
    "api/v1/sheets/<uuid:id_>/accept/": Rule(READERS, WRITERS, "sheet", body={"threshold": 1}),
    "api/v1/sheets/<uuid:id_>/undo/": Rule(READERS, WRITERS, "sheet"),
    "api/v1/sheets/<uuid:id_>/pages/<uuid:page>/": of_page("", methods=("DELETE",)),
    "api/v1/sheets/<uuid:id_>/pages/<uuid:page>/picture/": of_page("picture/"),
    f"api/v1/sheets/<uuid:id_>/pages/<uuid:page>/{CELL}": of_page("cells/0/1/", body={"action": "accept"}),
    f"api/v1/sheets/<uuid:id_>/pages/<uuid:page>/{CELL}image/": of_page("cells/0/1/image/"),
    "api/v1/webhooks/": Rule(READERS, WRITERS, body={"address": "https://example.org/walk", "events": ["sheet.read"]}),
    "api/v1/webhooks/<uuid:id_>/": Rule(READERS, WRITERS, "webhook", methods=("PATCH", "DELETE"), body={}),
    "api/v1/webhooks/<uuid:id_>/secret/": Rule(READERS, WRITERS, "webhook"),
    "api/v1/webhooks/<uuid:id_>/test/": Rule(READERS, WRITERS, "webhook"),
    "api/v1/webhooks/<uuid:id_>/deliveries/": Rule(READERS, WRITERS, "webhook"),
    "api/v1/webhooks/<uuid:id_>/deliveries/<uuid:delivery>/": of_delivery(""),
    "api/v1/webhooks/<uuid:id_>/deliveries/<uuid:delivery>/retry/": of_delivery("retry/"),
    "api/guest/drawings/": Rule(NO_USER, body=SEVEN),
    "api/guest/drawings/<uuid:id_>/": Rule(NO_USER, kind="guest drawing"),
    "api/guest/queue/": Rule(frozenset({"guest"})),
    "api/v1/openapi.json": ANYBODY,
    "api/docs/": ANYBODY,
    "api/v1/queue/": Rule(READERS, WRITERS),
}
ACCOUNTS = {
    "accounts/profile/": USERS,
    "accounts/preferences/": form(),
    "accounts/data/": USERS,
    "accounts/data/training/": form(),
    "accounts/data/delete/": USERS,
    "accounts/sessions/": USERS,
    "accounts/sessions/end-others/": form(),
    "accounts/sessions/<str:id_>/end/": form(kind="session"),
    "accounts/activity/": USERS,
    "accounts/activity/export/": form(),
    "accounts/invitations/<str:code>/": Rule(EVERYBODY, path="accounts/invitations/guessed/"),  # who was invited
    "accounts/2fa/": USERS,
    "accounts/2fa/authenticate/": TO_LOG_IN,
    "accounts/2fa/reauthenticate/": USERS,
    "accounts/2fa/totp/activate/": USERS,
    "accounts/2fa/totp/deactivate/": OF_FACTOR,
    "accounts/2fa/recovery-codes/": OF_FACTOR,
    "accounts/2fa/recovery-codes/generate/": USERS,
    "accounts/2fa/webauthn/": ANYBODY,  # leads to the list
    "accounts/2fa/webauthn/add/": USERS,
    "accounts/2fa/webauthn/login/": TO_LOG_IN,
    "accounts/2fa/webauthn/reauthenticate/": USERS,
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": Rule(LOGGED_IN, kind="passkey"),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": Rule(LOGGED_IN, kind="passkey"),
    # Without a provider there is no single sign-on.
    "accounts/sso/": NOBODY,
    "accounts/sso/login/cancelled/": NOBODY,
    "accounts/sso/login/error/": NOBODY,
    "accounts/sso/oidc/<str:provider_id>/login/": Rule(NONE, path="accounts/sso/oidc/sso/login/"),
    "accounts/sso/oidc/<str:provider_id>/login/callback/": Rule(NONE, path="accounts/sso/oidc/sso/login/callback/"),
    "accounts/sso/signup/": NOBODY,
    "accounts/tokens/": Rule(LOGGED_IN, post={"name": "walked"}),
    "accounts/tokens/<str:token_key>/revoke/": Rule(LOGGED_IN, kind="token"),
    "accounts/language/": ANYBODY,
    "accounts/signup/": ANYBODY,
    "accounts/email/": USERS,
    "accounts/login/": ANYBODY,
    "accounts/logout/": TO_LOG_IN,
    "accounts/inactive/": ANYBODY,
    "accounts/reauthenticate/": USERS,
    "accounts/confirm-email/": ANYBODY,
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": Rule(EVERYBODY, NONE, path="accounts/confirm-email/guessed/"),
    "accounts/password/change/": USERS,
    "accounts/password/set/": USERS,
    "accounts/password/reset/": ANYBODY,
    "accounts/password/reset/done/": ANYBODY,
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": Rule(
        EVERYBODY, path="accounts/password/reset/key/1-guessed/"
    ),
    "accounts/password/reset/key/done/": ANYBODY,
    "accounts/login/code/confirm/": TO_LOG_IN,
}
WEBHOOKS = {
    "webhooks/": Rule(LOGGED_IN, post={"url": "https://example.org/", "read": "on"}),
    "webhooks/<uuid:id_>/test/": form(kind="webhook"),
    "webhooks/<uuid:id_>/secret/": form(kind="webhook"),
    "webhooks/<uuid:id_>/deliveries/<uuid:delivery>/retry/": Rule(
        EVERYBODY, LOGGED_IN, "delivery", path="webhooks/{id}/retry/"
    ),
    "webhooks/<uuid:id_>/remove/": form(kind="webhook"),
}
ADMIN = {
    "admin/": STAFF,
    "admin/login/": STAFF,
    "admin/logout/": ANYBODY,  # leads to ours
    "admin/password_change/": ANYBODY,  # leads to ours
    "admin/password_change/done/": ANYBODY,
    "admin/autocomplete/": NOBODY,
    "admin/jsi18n/": STAFF,
    "admin/r/<path:address>": Rule(NONE, path="admin/r/1/{id}/", kind="admin submission"),
    "admin/r/<path:content_type_id>/<path:object_id>/": Rule(NONE, path="admin/r/1/{id}/", kind="admin submission"),
    "admin/^(?P<app_label>)/$": Rule(REVIEWERS, path="admin/predictions/"),
    "admin/(?P<url>.*)$": Rule(NONE, path="admin/nothing/of/this/name/"),
    "admin/lanes/<str:lane>/": Rule(ADMINS, path="admin/lanes/bulk/"),
    "admin/status/": Rule(ADMINS),
    "admin/status/tasks/<str:name>/": Rule(ADMINS, path="admin/status/tasks/sessions/"),
    "admin/status/retry/": Rule(ADMINS),
    "admin/filters/": Rule(REVIEWERS, post={"table": "predictions.submission"}),
    "admin/filters/<int:pk>/delete/": Rule(REVIEWERS, kind="saved filter"),
    **dict(table("auth/group", "admin group", ROOT, add=ROOT)),
    **dict(table("post_office/email", "admin email", ADMINS)),
    **dict(table("accounts/apitoken", "admin token", ADMINS, delete=ADMINS)),
    **dict(table("accounts/auditevent", "admin event", ADMINS)),
    "admin/accounts/auditevent/export/": Rule(ADMINS),
    **dict(table("accounts/user", "admin user", ADMINS, add=ADMINS, change=ADMINS, delete=ADMINS)),
    "admin/accounts/user/<id>/password/": Rule(ADMINS, kind="admin user"),
    "admin/accounts/user/<int:pk>/remove-factors/": Rule(ROOT, kind="user of root"),
    **dict(table("accounts/invitation", "admin invitation", ADMINS, add=ADMINS, delete=ADMINS)),
    **dict(table("predictions/submission", "admin submission", REVIEWERS, change=REVIEWERS, delete=ADMINS)),
    "admin/predictions/submission/<int:key>/thumbnail.png": Rule(REVIEWERS, kind="admin submission"),
    **dict(table("predictions/modelversion", "admin version", ADMINS)),
    "admin/predictions/modelversion/<int:pk>/compare/": Rule(ADMINS, kind="admin version"),
    "admin/predictions/modelversion/<int:pk>/challenger/": Rule(ADMINS, kind="admin version"),
    **dict(table("predictions/modelartifact", "admin artifact", ADMINS)),
    **dict(table("predictions/prediction", "admin prediction", REVIEWERS)),
    **dict(table("predictions/review", "admin review", REVIEWERS)),
    **dict(table("predictions/drawing", "admin drawing", ADMINS)),
    **dict(table("predictions/job", "admin job", ADMINS)),
    **dict(table("predictions/workerseen", "admin worker", ADMINS)),
    **dict(table("predictions/scheduledrun", "admin task", ADMINS)),
    **dict(table("predictions/idempotencykey", "admin key", ADMINS)),
    "admin/predictions/trainingrun/begin/": Rule(ADMINS),
    "admin/predictions/trainingrun/<int:pk>/cancel/": Rule(ADMINS, kind="admin run"),
    **dict(table("predictions/trainingrun", "admin run", ADMINS)),
    **dict(table("predictions/sheet", "admin sheet", ADMINS)),
    **dict(table("predictions/sheetpage", "admin page", ADMINS)),
    **dict(table("predictions/sheettemplate", "admin template", ADMINS)),
    **dict(table("predictions/webhookendpoint", "admin webhook", ADMINS)),
    **dict(table("predictions/webhookdelivery", "admin delivery", ADMINS)),
}
RULE_BY_ROUTE: dict[str, Rule] = {**PAGES, **API, **ACCOUNTS, **WEBHOOKS, **ADMIN}

# Addresses that hold ids in their query, their headers or their body. `{id}` is the id.
QUERIES = [
    ("GET", "/history/?before={id}", "submission", {}),
    ("GET", "/history/?deleted={id}", "submission", {}),
    ("GET", "/history/?batch={id}", "batch", {}),
    ("GET", "/?batch={id}", "batch", {}),
    ("GET", "/api/v1/submissions/?batch={id}", "batch", {}),
    ("GET", "/api/v1/submissions/?cursor={id}", "cursor", {}),
    ("GET", "/api/v1/queue/?submission={id}", "waiting", {}),
    ("GET", "/accounts/activity/?before={id}", "activity cursor", {}),
    ("GET", "/api/guest/queue/?submission={id}", "guest drawing", {}),
    ("POST", "/api/v1/submissions/", "idempotency key", {"HTTP_IDEMPOTENCY_KEY": "{id}"}),
    ("POST", "/api/v1/submissions/batch/", "idempotency key", {"HTTP_IDEMPOTENCY_KEY": "{id}"}),
    ("POST", "/api/guest/drawings/", "guest drawing", {"HTTP_IDEMPOTENCY_KEY": "{id}"}),
    ("GET", "/api/v1/submissions/{id}/", "submission", {"HTTP_IF_NONE_MATCH": "*"}),
    ("GET", "/api/v1/submissions/{id}/?wait=1", "submission", {}),
    ("GET", "/api/v1/submissions/{id}/explanation/?model=test-1", "submission", {}),
]


def find_mismatches(routes: Iterable[str]) -> Iterator[str]:
    """Yield the routes without a rule, and the rules without a route."""
    found = set(routes)
    yield from (f"without a rule: {route}" for route in sorted(found - RULE_BY_ROUTE.keys()))
    yield from (f"without a URL: {route}" for route in sorted(RULE_BY_ROUTE.keys() - found))
