"""ZIP files of any number of members, written to a file that cannot seek."""

import pickle
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

from predictions.worker.exports.chunks import Sink

HELD_BYTES = 1_000_000  # of the list of members; more goes to a temporary file


class _Members(list[zipfile.ZipInfo]):
    """The members of a ZIP file, packed in a temporary file: as objects, 100,000 of them would take 70 MB."""

    def __init__(self) -> None:
        super().__init__()
        self._file = tempfile.SpooledTemporaryFile(HELD_BYTES)  # noqa: SIM115 (closed with the ZIP file)
        self._count = 0
        self.close = self._file.close

    def append(self, member: zipfile.ZipInfo) -> None:
        pickle.dump(member, self._file)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 (our own)  # nosec B301 # nosemgrep: code-in-data


class _NoNames(dict[str, zipfile.ZipInfo]):
    """Names that are not kept; they hold ids, so none comes twice."""

    def __setitem__(self, name: str, member: zipfile.ZipInfo) -> None:
        pass


class ZipStream(zipfile.ZipFile):
    """A ZIP file to be written in a small, constant amount of memory."""

    def __init__(self, file: Sink) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]  # it only writes
        self.filelist = self._members = _Members()
        self.NameToInfo = _NoNames()

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Finish the file, unless the block failed: then nothing more is written."""
        if kind:
            self.fp = None
        self.close()
        self._members.close()

    def add(self, name: str, data: bytes, at: datetime, *, is_packed: bool = False) -> None:
        """Add a member. is_packed: whether its bytes cannot be compressed."""
        info = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self.writestr(info, data)

    def begin(self, name: str, at: datetime) -> IO[bytes]:
        """Return a member of any size to write to; close it before the next."""
        info = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        return self.open(info, "w", force_zip64=True)
