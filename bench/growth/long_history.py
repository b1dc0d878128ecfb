"""The history of a person with 1,000 drawings and of one with 100,000: the page, search and each filter.

    .venv/bin/python -m bench.growth --persons-rows 1000 100000 [--out bench/HISTORY.md]

Searches and filters are of three kinds: for what is common; for what is as rare in either history, RARE drawings spread
over all of it; and for what stands in the oldest drawings alone. So pages are of the same length. Both persons are in
the same tables, beside 200,000 drawings of others, and are measured in turns.
"""

from collections.abc import Callable

from django.test import Client

from accounts.models import User
from bench.growth.fill_long_history import OLD_DAYS
from predictions.models import Submission

QUERIES = {
    "the page": "",
    "the page, of the middle": "before={middle}",
    "the gallery": "view=gallery",
    "search: 1 digit, common": "digit=7",
    "search: 2 digits, common": "digit=12",
    "search: rare": "digit=8.25",
    "search: part of what is rare": "digit=.2",
    "search: old": "digit=31.337",
    "search: old, of 9 characters": "digit=9021.0905",
    "search: nothing": "digit=%2B%2B",
    "digits: 4": "digits=4",
    "verdict: a digit": "verdict=digit",
    "verdict: unsure": "verdict=unsure",
    "verdict: not a digit": "verdict=not_a_digit",
    "sure": "sure=yes",
    "not sure": "sure=no",
    "reason: common": "reason=touching",
    "reason: rare": "reason=several_lines",
    "reason: old": "reason=edge_of_shadow",
    "corrected": "told=corrected",
    "confirmed": "told=confirmed",
    "nothing said": "told=neither",
    "source: common": "source=draw",
    "source: rare": "source=camera",
    "source: old": "source=paste",
    "status: read": "status=succeeded",
    "status: failed": "status=failed",
    "status: canceled, none": "status=canceled",
    "status: waiting": "status=queued",
    "dates: the first days": "until={old}",
    "dates: since the middle": "since={day}",
    "dates: until the middle": "until={day}&zone=Asia/Tokyo",
    "a batch": "batch={batch}",
    "two: digits, 4 and 9": "digits=49",
    "two: corrected, of a rare source": "told=corrected&source=camera",
    "two: search in the first days": "digit=.&until={old}",
    "two: source in the first days": "source=paste&until={old}",
    "two: unsure, until the middle": "verdict=unsure&until={day}",
}
Operations = dict[str, Callable[[], object]]


def history_operations(measured: User) -> Operations:
    """Return each search and filter of the history of `measured`, by name."""
    client = Client()
    client.force_login(measured)
    own = Submission.objects.of(measured).current().order_by("key")
    middle = own[own.count() // 2]
    values = {
        "middle": middle.id,
        "day": middle.created_at.date().isoformat(),
        "old": (own[0].created_at.date() + OLD_DAYS).isoformat(),
        "batch": own.filter(batch__isnull=False)[0].batch,
    }

    def get(query: str) -> Callable[[], object]:
        path = f"/history/?{query.format(**values)}"

        def open_page() -> object:
            response = client.get(path)
            assert response.status_code == 200, path  # noqa: S101
            return response

        return open_page

    return {name: get(query) for name, query in QUERIES.items()}
