"""Searches everything that is stored, every table of the database and all of Redis, for texts of a person."""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import redis
from django.conf import settings
from django.db import connection

TABLES = """
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1
"""
ENCODED = re.compile(r"[A-Za-z0-9+/_=-]{16,}")  # what may be Base64 of any kind, compressed or not
BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")  # as Postgres writes a bytea


def find_traces(markers: Iterable[str]) -> set[str]:
    """Return where one of the markers is found, in any case, encoded or not: `table: marker` and `redis: marker`."""
    wanted = [marker.lower() for marker in markers]
    found: set[str] = set()
    for place, text in (*_rows(), *_keys()):
        everything = "\n".join(_readings(text)).lower()
        found.update(f"{place}: {marker}" for marker in wanted if marker in everything)
    return found


def _rows() -> Iterator[tuple[str, str]]:
    """Yield the name of its table and the text of each row, all columns cast to text."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT kept::text FROM {table} kept")  # noqa: S608 (names from the catalog)
            yield from ((table.removeprefix("public."), row[0]) for row in cursor.fetchall())


def _keys() -> Iterator[tuple[str, str]]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter():
        yield "redis", repr((key, _value(client, key)))
    client.close()


def _value(client: Any, key: bytes) -> Any:
    kinds = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda name: client.lrange(name, 0, -1),
        b"zset": lambda name: client.zrange(name, 0, -1),
        b"stream": client.xrange,
    }
    return kinds[client.type(key)](key)


def _readings(text: str) -> Iterator[str]:
    """Yield a text as it is, and what its parts are when decoded."""
    yield text
    for part in BYTES.findall(text):
        yield from _of_bytes(bytes.fromhex(part))
    for part in ENCODED.findall(text):
        for start in range(4):  # a part may begin in the middle
            padded = part[start : start + (len(part) - start) // 4 * 4].rstrip("=")
            padded += "=" * (-len(padded) % 4)
            try:
                yield from _of_bytes(base64.b64decode(padded.replace("-", "+").replace("_", "/")))
            except ValueError:
                continue


def _of_bytes(data: bytes) -> Iterator[str]:
    """Yield bytes as text, and what they are when decompressed."""
    yield data.decode("latin-1")
    yield data.decode("utf-8", "ignore")
    try:
        yield zlib.decompressobj().decompress(data).decode("latin-1")
    except zlib.error:
        return
