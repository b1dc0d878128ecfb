"""How much the database takes, and what is free on its disk."""

import shutil
from dataclasses import dataclass

from django.conf import settings
from django.db import connection


@dataclass(frozen=True)
class Disk:
    """Bytes of the database, and of the disk of DATABASE_FOLDER; None where that is not set or cannot be seen."""

    database_bytes: int
    free_bytes: int | None = None
    total_bytes: int | None = None


def measure_disk() -> Disk:
    """Return how much the database takes. One query, which looks at the size of each of its files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        [size] = cursor.fetchone()
    if not settings.DATABASE_FOLDER:
        return Disk(size)
    try:
        usage = shutil.disk_usage(settings.DATABASE_FOLDER)
    except OSError:  # not there, or not for this process: the page says that it is not known
        return Disk(size)
    return Disk(size, usage.free, usage.total)
