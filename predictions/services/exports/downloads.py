"""Download the file of an export: a chunk at a time, the whole or a range of it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.http import content_disposition_header

from accounts.postgres.pool import return_connection
from predictions.models import Export, ExportChunk
from predictions.models.exports import CHUNK_BYTES

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes"}


class ChunksMissing(Exception):
    """The export was deleted while it was downloaded: the connection is cut, so that nobody takes a part for all."""


class Download(NamedTuple):
    """What a response with the file, or a part of it, says."""

    status: int
    headers: dict[str, str]
    content: Iterator[bytes]


def download(export: Export, asked: str = "", asked_if: str = "") -> Download:
    """Return the file of a finished export: 200, or 206 or 416 if a range is asked for.

    Args:
        export: one that succeeded.
        asked: the header `Range`; one that is not a single range of bytes is not heeded.
        asked_if: the header `If-Range`.
    """
    etag = f'"{export.pk}"'
    headers = {**HEADERS, "Content-Type": export.content_type, "ETag": etag}
    headers["Content-Disposition"] = content_disposition_header(True, export.file_name) or ""
    found = RANGE.fullmatch(asked.strip()) if asked_if in ("", etag) else None
    start, end, status = 0, export.bytes, 200
    if found and any(found.groups()):
        start, end = _limits(found[1], found[2], export.bytes)
        if start >= end:
            unsatisfied = {**headers, "Content-Range": f"bytes */{export.bytes}", "Content-Length": "0"}
            return Download(416, unsatisfied, iter(()))
        headers["Content-Range"], status = f"bytes {start}-{end - 1}/{export.bytes}", 206
    headers["Content-Length"] = str(end - start)
    return Download(status, headers, read_chunks(export, start, end))


def _limits(first: str, last: str, size: int) -> tuple[int, int]:
    """Return from which byte to before which one a range goes; the last N bytes if it has no first one."""
    if not first:
        return max(0, size - int(last)), size if int(last) else 0
    return int(first), min(size, int(last) + 1) if last else size


def read_chunks(export: Export, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from `start` to before `end`. One query for each chunk. Raises ChunksMissing.

    While a client takes its time, others may have the connection.
    """
    chunks = ExportChunk.objects.filter(export=export).values_list("data", flat=True)
    while start < end:
        number, offset = divmod(start, CHUNK_BYTES)
        data = bytes(chunks.filter(number=number).first() or b"")[offset : offset + end - start]
        if not data:
            raise ChunksMissing
        return_connection()
        yield data
        start += len(data)
