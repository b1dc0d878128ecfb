"""A file of what clients were promised, written before their next request and compared with the database at the end.

This is the set check of Jepsen: every accepted id must be there exactly once, whatever broke in between.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Row:
    """A submission as the database has it; `readings` are (model version, preprocessing) of its predictions."""

    id: str
    owner: str
    status: str
    is_deleted: bool = False
    error_code: str = ""
    text: str = ""
    readings: tuple[tuple[int, str], ...] = ()


@dataclass
class Found:
    """What the comparison found; each list must be empty."""

    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def kinds(self) -> dict[str, list[str]]:
        """Return the lists by name: undone are deletions, unsent are mails, failed has the error code after the id."""
        return {name: ids for name, ids in vars(self).items() if name != "accepted"}

    @property
    def is_kept(self) -> bool:
        """Return whether every promise was kept."""
        return not any(self.kinds().values())


class Ledger:
    """A file of what was accepted and deleted; each line is written at once.

    A line is `WORD OWNER ID TEXT`. accepted: TEXT must be read (`-`: unknown). delete: before the request; deleted:
    after its answer. foreign: read by a stranger. mail: ID is the address.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._accepted: set[tuple[str, str]] = set()
        path.touch()

    def note(self, word: str, owner: str, id_: str, text: str = "-") -> None:
        """Write a line; call it before the next request."""
        with self._lock, self.path.open("a") as file:
            file.write(f"{word} {owner} {id_} {text}\n")
            if word == "accepted":
                self._accepted.add((owner, id_))

    def is_of(self, owner: str, id_: str) -> bool:
        """Return whether it was accepted from `owner`."""
        return (owner, id_) in self._accepted

    def compare(self, rows: Iterable[Row], mailed: Iterable[str] = ()) -> Found:
        """Compare the file with the rows of the database and the addresses to which mail was sent."""
        rows = list(rows)
        lines = [line.split(" ") for line in self.path.read_text().splitlines()]
        deleted = {(owner, id_) for word, owner, id_, _ in lines if word == "delete"}
        kept = Counter((row.owner, row.id) for row in rows)
        known = {(row.owner, row.id): row for row in rows}
        accepted = {(owner, id_): text for word, owner, id_, text in lines if word == "accepted"}
        gone = {(row.owner, row.id) for row in rows if row.is_deleted}
        found = Found(
            len(accepted),
            foreign=[id_ for word, _, id_, _ in lines if word == "foreign"],
            undone=[id_ for word, owner, id_, _ in lines if word == "deleted" and (owner, id_) not in gone],
            unsent=sorted({id_ for word, _, id_, _ in lines if word == "mail"} - set(mailed)),
        )
        for (owner, id_), text in accepted.items():
            row = known.get((owner, id_))
            if row is None or (row.is_deleted and (owner, id_) not in deleted):
                found.lost.append(id_)
                continue
            if kept[owner, id_] > 1 or len(row.readings) > len(set(row.readings)):
                found.duplicate.append(id_)
            if row.status in ("queued", "running"):
                found.unfinished.append(id_)
            elif row.status == "succeeded" and not row.is_deleted and not row.readings:
                found.lost.append(id_)
            elif row.status == "failed":
                found.failed.append(f"{id_} {row.error_code}")
            elif row.status == "succeeded" and not row.is_deleted and text not in ("-", row.text):
                found.foreign.append(id_)  # somebody else's reading
        return found


def rows_of(query: Query) -> list[Row]:
    """Return every submission of a person in the site's database."""
    return [
        Row(str(id_), owner, status, is_deleted, code, text, tuple((version, how) for version, how in readings))
        for id_, owner, status, is_deleted, code, text, readings in query(
            "SELECT s.id, u.username, s.status, s.deleted_at IS NOT NULL, s.error_code, s.text,"
            " coalesce(jsonb_agg(jsonb_build_array(p.model_version_id, p.preprocessing))"
            " FILTER (WHERE p.id IS NOT NULL), '[]')"
            " FROM predictions_submission s JOIN accounts_user u ON u.id = s.owner_id"
            " LEFT JOIN predictions_prediction p ON p.submission_id = s.key GROUP BY s.key, u.username"
        )
    ]


def mailed(query: Query) -> list[str]:
    """Return the addresses to which the site has sent mail."""
    return [address for (address,) in query('SELECT "to" FROM post_office_email WHERE status = 0')]
