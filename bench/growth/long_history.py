"""One person's history of 1,000 drawings and of 100,000, beside those of others: the page, search and each filter.

Searches and filters are of three kinds: for what is common, for what is rare and spread over the whole history, and for
what stands in the oldest drawings alone.
"""

from collections.abc import Callable

from django.test import Client

from accounts.models import User
from bench.growth.fill_long_history import OLD_DAYS
from predictions.models import Submission

QUERIES = {
    "the page": "",
    "the page, of the middle": "before={middle}",
    "search: 1 digit, common": "digit=7",
    "search: 2 digits, common": "digit=12",
    "search: 3 digits, 1 in 1,000": "digit=905",
    "search: 4 digits, 1 in 10,000": "digit=9051",
    "search: the oldest alone": "digit=31337",
    "search: 8 digits, the oldest alone": "digit=90210905",
    "search: nothing": "digit=%2B%2B",
    "digits: 4 and 9": "digits=49",
    "verdict: a digit": "verdict=digit",
    "verdict: unsure": "verdict=unsure",
    "verdict: not a digit": "verdict=not_a_digit",
    "sure": "sure=yes",
    "not sure": "sure=no",
    "reason: common": "reason=touching",
    "reason: rare": "reason=several_lines",
    "reason: the oldest alone": "reason=edge_of_shadow",
    "corrected": "told=corrected",
    "confirmed": "told=confirmed",
    "nothing said": "told=neither",
    "source: common": "source=draw",
    "source: rare": "source=camera",
    "source: the oldest alone": "source=paste",
    "status: read": "status=succeeded",
    "status: failed": "status=failed",
    "status: canceled, none": "status=canceled",
    "status: waiting": "status=queued",
    "dates: the first days": "until={old}",
    "dates: a day in the middle": "since={day}&until={day}&zone=Asia/Tokyo",
    "dates: since the middle": "since={day}",
    "a batch": "batch={batch}",
    "corrected, of a rare source": "told=corrected&source=camera",
    "search in old days": "digit=7&until={old}",
    "source and dates": "source=draw&until={old}",
}
Operations = dict[str, Callable[[], object]]


def history_operations(measured: User) -> Operations:
    """Return each search and filter of the history of `measured`, by name."""
    client = Client()
    client.force_login(measured)
    own = Submission.objects.of(measured).order_by("key")
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
