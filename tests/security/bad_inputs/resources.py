"""Reviews, exports, jobs and guests: ids of nothing, bodies of no kind, ranges and paths that lead out."""

import json

from tests.security.bad_inputs.case import DRAWING, JSON, MISSING, SUBMISSIONS, Bad

ONE = f"{SUBMISSIONS}{MISSING}/"
EXPORTS = "POST /api/v1/exports/"
STRANGER = "browser with a token"
GUEST = "POST /api/guest/drawings/"


def export(name: str, body: object, status: int = 400, code: str = "invalid") -> Bad:
    """Return a request for an export."""
    return Bad(name, EXPORTS, status, code, json.dumps(body), JSON)


def guest(name: str, body: object, status: int = 400, code: str = "invalid", **headers: str) -> Bad:
    """Return a guest's drawing."""
    sent = JSON | {key.replace("_", "-"): value for key, value in headers.items()}
    return Bad(name, GUEST, status, code, json.dumps(body), sent, who=STRANGER)


CASES = [
    Bad("a drawing of nobody", f"GET {ONE}", 404, "not_found"),
    Bad("an id that is no UUID", f"GET {SUBMISSIONS}7/", 404, "not_found"),
    Bad("an id in capital letters", f"GET {SUBMISSIONS}{'A' * 8}-AAAA-4AAA-8AAA-{'A' * 12}/", 404, "not_found"),
    Bad("an id with a NUL", f"GET {SUBMISSIONS}{MISSING}%00/", 400, "invalid"),
    Bad("an id as a path", f"GET {SUBMISSIONS}..%2f..%2fetc%2fpasswd/", 404, "not_found"),
    Bad("a review of nothing", f"POST {ONE}review/", 404, "not_found", b'{"text": "7"}', JSON),
    Bad("a retry of nothing", f"POST {ONE}retry/", 404, "not_found"),
    Bad("a cancelling of nothing", f"POST {ONE}cancel/", 404, "not_found"),
    Bad("an explanation of nothing", f"POST {ONE}explanation/", 404, "not_found"),
    Bad("a second reading of nothing", f"POST {ONE}read-again/", 404, "not_found"),
    Bad("an image of nothing", f"GET {ONE}image/", 404, "not_found"),
    Bad("a PUT under no id", f"PUT {SUBMISSIONS}7/", 404, "not_found", json.dumps(DRAWING), JSON),
    Bad("a PUT of nothing", f"PUT {ONE}", 400, "invalid", b"", JSON),
    Bad("a PUT of a list", f"PUT {ONE}", 400, "invalid", b"[]", JSON),
    export("an export of no format", {}),
    export("an export of an unknown format", {"format": "exe"}),
    export("an export of a list of formats", {"format": ["csv"]}),
    export("an export of null", {"format": None}),
    export("an export with an unknown field", {"format": "csv", "path": "/x"}),
    export("an export with an unknown filter", {"format": "csv", "filters": {"owner": 1}}),
    export("an export with filters in a list", {"format": "csv", "filters": []}),
    export("an export of no ids", {"format": "csv", "ids": []}),
    export("an export of 1,001 ids", {"format": "csv", "ids": [MISSING] * 1_001}),
    export("an export of a number", {"format": "csv", "ids": [7]}),
    export("an export of an id as a URN", {"format": "csv", "ids": [f"urn:uuid:{MISSING}"]}),
    export("an export of everything, filtered", {"format": "everything", "ids": [MISSING]}),
    export("an export as a list", ["csv"]),
    export(
        "an export with a confidence that is NaN as a string", {"format": "csv", "filters": {"min_confidence": "nan"}}
    ),
    export("an export with a confidence that is a boolean", {"format": "csv", "filters": {"min_confidence": True}}),
    export("an export with a text of a NUL", {"format": "csv", "filters": {"text": "7\0"}}),
    Bad(
        "an export as XML",
        EXPORTS,
        415,
        "unsupported_media_type",
        b"<format>csv</format>",
        {"Content-Type": "text/xml"},
    ),
    Bad("an export that is no JSON", EXPORTS, 400, "invalid", b"{format: csv}", JSON),
    Bad("a file of nothing", f"GET /api/v1/exports/{MISSING}/file", 404, "not_found", headers={"Range": "bytes=0-1"}),
    Bad("an export's id as a path", "GET /api/v1/exports/..%2f..%2f/file", 404, "not_found"),
    guest("a guest without strokes", {}),
    guest("a guest's image", {"image": "QQ=="}),
    guest("a guest's list", [DRAWING]),
    guest("a guest's NaN", {"strokes": [[[float("nan"), 1]]]}),
    guest("a guest's 501 strokes", {"strokes": [[[1, 1]]] * 501}, 400, "too_many_strokes"),
    guest("a guest's key that is no UUID", DRAWING, Idempotency_Key="7"),
    guest("a guest's key as a URN", DRAWING, Idempotency_Key=f"urn:uuid:{MISSING}"),
    guest("a guest's pen of 100,000", DRAWING | {"pen_px": 100_000}),
    Bad("a guest's form", GUEST, 415, "unsupported_media_type", form={"strokes": "7"}, who=STRANGER),
    Bad("a guest's deep JSON", GUEST, 400, "invalid", "[" * 50_000, JSON, who=STRANGER),
    Bad("a guest's UTF-16", GUEST, 400, "invalid", json.dumps(DRAWING).encode("utf-16"), JSON, who=STRANGER),
    Bad("a guest's 5 MB", GUEST, 413, "too_large", b" " * 5_000_000, JSON, who=STRANGER),
    Bad("a guest's look at another's drawing", f"GET /api/guest/drawings/{MISSING}/", 404, "not_found", who=""),
    Bad("a guest's look at the queue", "GET /api/guest/queue/?submission=7", 404, "not_found", who=""),
    Bad("the API of another version", "GET /api/v2/submissions/", 404, "not_found"),
    Bad("the API without a version", "GET /api/submissions/", 404, "not_found"),
]
