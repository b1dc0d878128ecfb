"""Parameters of addresses: unknown, repeated, of the wrong kind, forged."""

import base64

from tests.security.bad_inputs.case import MISSING, SUBMISSIONS, Bad

LIST = f"GET {SUBMISSIONS}"


def query(name: str, parameters: str, status: int = 400, code: str = "invalid", address: str = LIST) -> Bad:
    """Return a GET with parameters."""
    return Bad(name, f"{address}?{parameters}", status, code)


FORGED = base64.urlsafe_b64encode(bytes(24)).decode()

CASES = [
    query("an unknown parameter", "limt=1"),
    query("an unknown parameter of the stream", "limit=1", address="GET /api/v1/submissions.ndjson"),
    query("a limit twice", "limit=1&limit=2"),
    query("a limit of nothing", "limit=0"),
    query("a negative limit", "limit=-1"),
    query("a limit of 101", "limit=101"),
    query("a limit of 5,000 digits", "limit=" + "9" * 3_000),
    query("a limit as a fraction", "limit=1.5"),
    query("a limit with an underscore", "limit=1_0"),
    query("a limit in Arabic digits", "limit=%D9%A1"),
    query("a limit with a plus sign", "limit=%2B1"),
    query("a limit with spaces", "limit=%201%20"),
    query("an empty limit", "limit="),
    query("a limit as a list", "limit[]=1"),
    query("a limit in scientific notation", "limit=1e1"),
    query("a limit as SQL", "limit=1;DROP+TABLE+accounts_user"),
    query("an unknown status", "status=SUCCEEDED"),
    query("a status as a lookup", "status__in=failed"),
    query("a status with a NUL", "status=failed%00"),
    query("a verdict as SQL", "verdict=digit'--"),
    query("an unknown source", "source=fax"),
    query("a batch that is no UUID", "batch=1"),
    query("a batch in braces", "batch=%7B" + MISSING + "%7D"),
    query("a text of letters", "text=seven"),
    query("a text with a line break", "text=7%0A"),
    query("a text with a wildcard", "text=%25"),
    query("a text of 3,000 digits", "text=" + "7" * 3_000),
    query("a time of no kind", "since=yesterday"),
    query("a time in the year 10,000", "since=10000-01-01T00:00:00Z"),
    query("a time on 31 February", "until=2026-02-31T00:00:00Z"),
    query("a time as a number", "since=1700000000"),
    query("a confidence that is NaN", "min_confidence=nan"),
    query("a confidence that is infinite", "max_confidence=inf"),
    query("a confidence above 1", "min_confidence=1.01"),
    query("a negative confidence", "max_confidence=-0.1"),
    query("a confidence with an underscore", "min_confidence=0.1_0"),
    query("a confidence with a comma", "min_confidence=0,5"),
    query("an empty cursor", "cursor="),
    query("a forged cursor", f"cursor={FORGED}", 400, "invalid_cursor"),
    query("a cursor that is no base64", "cursor=%3F%3F", 400, "invalid_cursor"),
    query("a cursor in another alphabet", "cursor=%F0%9F%98%80", 400, "invalid_cursor"),
    query("a cursor of DRF's", "cursor=cD0yMDI2LTAxLTAx", 400, "invalid_cursor"),
    query("a cursor of 3,000 characters", "cursor=" + "A" * 3_000),
    query("a cursor that is a number", "cursor=1", 400, "invalid_cursor"),
    query("a wait that is no number", "wait=soon", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a wait as a fraction", "wait=0.5", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a negative wait", "wait=-1", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a wait of a day", "wait=86400", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a wait in Arabic digits", "wait=%D9%A1", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a wait twice", "wait=0&wait=10", address=f"GET {SUBMISSIONS}{MISSING}/"),
    query("a place in the queue of no UUID", "submission=1", address="GET /api/v1/queue/"),
    query("a place in the queue twice", f"submission={MISSING}&submission={MISSING}", address="GET /api/v1/queue/"),
    query("a NUL in a parameter", "text=7%00"),
    query("a query that is no UTF-8", "status=%ff%fe"),
    query("a thousand parameters", "&".join(f"a{i}=1" for i in range(1_000))[:4_000]),
]
