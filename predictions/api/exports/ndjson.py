"""The list of a user's submissions as newline-delimited JSON, streamed."""

import json
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from accounts.postgres.pool import return_connection
from predictions.api import listing
from predictions.api.request_serializers import FilterSerializer
from predictions.api.responses import PRIVATE, listed_body
from predictions.api.schema import export_operations as operations
from predictions.api.views import LimitedView, owner_of
from predictions.models import Submission, SubmissionQuerySet

MEDIA_TYPE = "application/x-ndjson"
CHUNK = 500


class SubmissionLines(LimitedView):
    """`/api/v1/submissions.ndjson`"""

    @operations.STREAM_SUBMISSIONS
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the user's submissions that match, newest first, a line each."""
        asked = listing.read_query(request, FilterSerializer)
        rows = listing.matching(Submission.objects.of(owner_of(request)), asked)
        return StreamingHttpResponse(stream_lines(rows), content_type=MEDIA_TYPE, headers=PRIVATE)


def stream_lines(rows: SubmissionQuerySet) -> Iterator[bytes]:
    """Yield the lines of CHUNK submissions at a time, whole lines only. One query for each CHUNK.

    The keys go down from page to page, so what arrives meanwhile is left out and nothing is repeated or skipped. If the
    database fails, the connection is cut without an end, so that a client does not take a part for all.
    """
    page = list(rows.newest(CHUNK))
    while page:
        return_connection()
        yield b"".join(_line(row) for row in page)
        page = list(rows.filter(key__lt=page[-1].key).newest(CHUNK)) if len(page) == CHUNK else []


def _line(submission: Submission) -> bytes:
    body = json.dumps(listed_body(submission), cls=JSONEncoder, ensure_ascii=False)
    return f"{body}\n".encode()
