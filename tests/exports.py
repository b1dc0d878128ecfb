"""Exports for tests: requested as a person does, and written as a worker does."""

from accounts.models import User
from predictions.models import Export, ExportFormat, Submission
from predictions.services.exports.downloads import read_chunks
from predictions.services.exports.requests import request_everything, request_export
from predictions.worker.exports import run


def queue_export(owner: User, kind: str = "csv") -> Export:
    """Request an export of all that `owner` has."""
    if kind == ExportFormat.EVERYTHING:
        return request_everything(owner)
    return request_export(owner, ExportFormat(kind), Submission.objects.of(owner))


def write_export(owner: User, kind: str = "csv") -> Export:
    """Request an export of all that `owner` has, and write it."""
    export = queue_export(owner, kind)
    assert run.run_next(go_on=lambda: True)
    export.refresh_from_db()
    assert (export.status, export.done) == ("succeeded", export.total)
    return export


def file_of(export: Export) -> bytes:
    """Return the file of an export as it is stored now."""
    export.refresh_from_db()
    data = b"".join(read_chunks(export, 0, export.bytes))
    assert len(data) == export.bytes
    return data
