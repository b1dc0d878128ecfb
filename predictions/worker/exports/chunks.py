"""The file of an export as chunks in Postgres, each stored only while the claim holds."""

import time
from typing import Protocol

from django.db import transaction

from accounts.postgres.prepared import run_prepared
from predictions.models import Export
from predictions.models.exports import CHUNK_BYTES
from predictions.worker.exports.pace import Pace

STORE = """
    WITH held AS (
        UPDATE predictions_export SET bytes = bytes + %(added)s, done = %(done)s
        WHERE id = %(id)s AND claim = %(claim)s RETURNING id
    )
    INSERT INTO predictions_exportchunk (export_id, number, data) SELECT id, %(number)s, %(data)b FROM held RETURNING id
"""  # prepared, as Django's cursor would keep each chunk as text in a statement of its own
NOTE_EVERY_S = 1.0  # how often the owner's page learns of progress


class LostClaim(Exception):
    """The export was deleted, or another worker has it."""


class NoRoom(Exception):
    """The file is larger than its owner may keep."""


class Sink(Protocol):
    """What a format is written to."""

    def write(self, data: bytes, /) -> int: ...


class ChunkWriter:
    """A file that is stored chunk by chunk. It cannot seek, which ZIP files do not need."""

    def __init__(self, export: Export, pace: Pace, passes: int = 1) -> None:
        """Delete what an earlier claim stored. passes: how often the format writes each drawing. Raises LostClaim."""
        self.pace = pace
        self._export, self._passes = export, passes
        self._buffer = bytearray()
        self._number = self._stored_bytes = 0
        self._noted_at = time.monotonic()
        with transaction.atomic():
            self._note(bytes=0, done=0)
            Export.objects.filter(pk=export.pk).delete_chunks()

    def write(self, data: bytes) -> int:
        """Add to the file, and do more urgent work if it is time for that. Raises LostClaim, NoRoom, Interrupted."""
        self._buffer += data
        while len(self._buffer) >= CHUNK_BYTES:
            self._store(bytes(self._buffer[:CHUNK_BYTES]))
            del self._buffer[:CHUNK_BYTES]
        self.step()
        return len(data)

    def step(self, done: int = 0) -> None:
        """Count drawings that were written, and do more urgent work if it is time for that."""
        self.pace.step(done)
        if time.monotonic() - self._noted_at > NOTE_EVERY_S:
            self._note()

    def flush(self) -> None:
        """Do nothing: a chunk is stored when it is full."""

    def finish(self) -> None:
        """Store what is left. Raises LostClaim, NoRoom."""
        if self._buffer:
            self._store(bytes(self._buffer))
            self._buffer.clear()

    @property
    def done(self) -> int:
        """How many drawings are written: fewer than were chosen, if others were deleted since."""
        return self.pace.done // self._passes

    def _store(self, data: bytes) -> None:
        """Store a chunk if the claim holds. One query."""
        self._stored_bytes += len(data)
        if self._stored_bytes > self._export.limit_bytes:
            raise NoRoom
        values = {"id": self._export.pk, "claim": self._export.claim, "done": self.done, "number": self._number}
        if not run_prepared(STORE, {**values, "data": data, "added": len(data)}):
            raise LostClaim
        self._number += 1
        self._noted_at = time.monotonic()

    def _note(self, **columns: object) -> None:
        """Record the progress and lock the row. Raises LostClaim."""
        columns = {"done": self.done, **columns}
        held = Export.objects.filter(pk=self._export.pk, claim=self._export.claim)
        if not held.update(**columns):
            raise LostClaim
        self._noted_at = time.monotonic()
