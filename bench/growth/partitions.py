"""Partition the table of submissions by ranges of its key, on a scratch database, and go back: the plan that
docs/scaling.md describes, step by step, with how long each takes and what holds afterwards.

    .venv/bin/python -m bench.growth.partitions [--rows 100000]

Starts a temporary PostgreSQL and Redis. Nothing is copied: the table becomes the first partition.
"""

import argparse
import time

import psycopg

from bench.growth.__main__ import database, empty, vacuum

# 1. Beside running code: ids are unique in a table of their own, which a trigger fills, for old code too.
IDS = """
    CREATE TABLE predictions_submissionid (
        owner_id bigint, guest_key varchar(64) NOT NULL, id uuid NOT NULL, key bigint PRIMARY KEY,
        UNIQUE NULLS NOT DISTINCT (owner_id, guest_key, id)
    );
    CREATE FUNCTION predictions_keep_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN
            DELETE FROM predictions_submissionid WHERE key = OLD.key;
        ELSE
            INSERT INTO predictions_submissionid VALUES (NEW.owner_id, NEW.guest_key, NEW.id, NEW.key)
            ON CONFLICT (key) DO UPDATE SET owner_id = excluded.owner_id, guest_key = excluded.guest_key;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER id_kept AFTER INSERT OR DELETE OR UPDATE OF owner_id, guest_key ON predictions_submission
        FOR EACH ROW EXECUTE FUNCTION predictions_keep_id();
"""
# 2. Beside running code, in steps of some thousand keys.
FILL_IDS = """
    INSERT INTO predictions_submissionid
    SELECT owner_id, guest_key, id, key FROM predictions_submission WHERE key BETWEEN %s AND %s
    ON CONFLICT (key) DO NOTHING
"""
# 3. Beside running code: a bound above all keys of the next days, checked without a lock that writers wait for.
BOUND = "ALTER TABLE predictions_submission ADD CONSTRAINT submission_first_keys CHECK (key < {bound}) NOT VALID"
VALIDATE = "ALTER TABLE predictions_submission VALIDATE CONSTRAINT submission_first_keys"
# 4. In one short transaction: the table becomes a partition of another one that takes its name.
SWITCH = """
    SET LOCAL lock_timeout = '2s';
    ALTER TABLE predictions_submission RENAME TO predictions_submission_p0;
    ALTER TABLE predictions_submission_p0 ALTER key DROP IDENTITY IF EXISTS;
    CREATE SEQUENCE predictions_submission_key_seq;
    SELECT setval('predictions_submission_key_seq', max(key)) FROM predictions_submission_p0;
    ALTER TABLE predictions_submission_p0 ALTER key SET DEFAULT nextval('predictions_submission_key_seq');
    CREATE TABLE predictions_submission (LIKE predictions_submission_p0 INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (key);
    ALTER TABLE predictions_submission DROP CONSTRAINT submission_first_keys;
    ALTER TABLE predictions_submission ADD PRIMARY KEY (key);
    ALTER TABLE predictions_submission
        ATTACH PARTITION predictions_submission_p0 FOR VALUES FROM (MINVALUE) TO ({bound});
"""
REFERENCES = """
    SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE contype = 'f' AND confrelid = 'predictions_submission_p0'::regclass AND conparentid = 0
"""
# 5. A partition for the next keys, with all indexes and triggers of the first.
TRIGGERS = """
    SELECT replace(pg_get_triggerdef(oid), 'predictions_submission_p0', %s) FROM pg_trigger
    WHERE tgrelid = 'predictions_submission_p0'::regclass AND NOT tgisinternal
"""
# 7. A partition whose rows have all been deleted goes as a whole.
DROP = """
    ALTER TABLE predictions_submission DETACH PARTITION predictions_submission_p1;
    DROP TABLE predictions_submission_p1
"""
ONE = """
    INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, body_sha256, may_train, status,
        attempts, error_code, text, verdict, label_by)
    SELECT %s, owner_id, '', 'draw', 'interactive', '', false, 'queued', 0, '', '', '', ''
    FROM predictions_submission WHERE owner_id IS NOT NULL ORDER BY key LIMIT 1
    RETURNING key, tableoid::regclass::text
"""
STEP = 5_000


class Timed:
    """A session whose steps are printed with how long they took."""

    def __init__(self, session: psycopg.Connection) -> None:
        self.session = session

    def run(self, words: str, *statements: str) -> None:
        """Run statements in one transaction."""
        began = time.perf_counter()
        with self.session.transaction():
            for statement in statements:
                self.session.execute(statement)
        print(f"| {words} | {1000 * (time.perf_counter() - began):,.0f} |", flush=True)

    def all(self, statement: str, *values: object) -> list[tuple[str, ...]]:
        """Return the rows of a query."""
        return self.session.execute(statement, values or None).fetchall()


def partition(timed: Timed, bound: int, last: int) -> None:
    """Do what the plan says."""
    timed.run("a table of ids, filled by a trigger", IDS)
    began = time.perf_counter()
    for first in range(0, last + 1, STEP):
        timed.session.execute(FILL_IDS, [first, first + STEP - 1])
    print(f"| ids of older rows, {STEP:,} keys at a time | {1000 * (time.perf_counter() - began):,.0f} |")
    timed.run("a bound of the first partition", BOUND.format(bound=bound))
    timed.run("the bound checked, beside writers", VALIDATE)
    timed.run("the switch, which nobody may read or write beside", SWITCH.format(bound=bound))
    for table, name in timed.all(REFERENCES):
        column = "submission_id"
        timed.run(
            f"references of {table}",
            f'ALTER TABLE {table} DROP CONSTRAINT "{name}"',
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_whole FOREIGN KEY ({column}) REFERENCES "
            "predictions_submission (key) DEFERRABLE INITIALLY DEFERRED NOT VALID",
        )
        timed.run(f"references of {table} checked", f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_whole")
    add_partition(timed, "predictions_submission_p1", bound, 2 * bound)


def add_partition(timed: Timed, name: str, start: int, end: int) -> None:
    """Make the partition of the keys from `start` to before `end`."""
    triggers = [row[0] for row in timed.all(TRIGGERS, name)]
    timed.run(
        "a new partition",
        f"CREATE TABLE {name} (LIKE predictions_submission_p0 INCLUDING ALL)",
        f"ALTER TABLE {name} DROP CONSTRAINT submission_first_keys",
        *triggers,
        f"ALTER TABLE predictions_submission ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})",
    )


def check(timed: Timed, bound: int) -> None:
    """Send drawings to both partitions, repeat an id, claim and record: all as before."""
    from predictions import claims, fairness
    from predictions.models import Submission

    ids = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
    [(first, table)] = timed.all(ONE, ids[0])
    assert table == "predictions_submission_p0", table  # noqa: S101
    timed.session.execute(f"SELECT setval('predictions_submission_key_seq', {bound})")
    [(second, table)] = timed.all(ONE, ids[1])
    assert table == "predictions_submission_p1", table  # noqa: S101
    try:
        timed.all(ONE, ids[0])
    except psycopg.errors.UniqueViolation as error:
        print(f"\nAn id that another partition has is refused: {error.diag.constraint_name}.")
    else:
        raise AssertionError("an id was accepted twice")
    with claims.claimed(8) as rows:
        claimed = {row.pk for row in rows}
    assert claimed == {first, second}, claimed  # noqa: S101
    assert fairness.find_first_unfinished() == first  # noqa: S101
    deleted, _ = Submission.objects.filter(pk__in=claimed).delete()
    assert deleted == 2, deleted  # noqa: S101
    print("Rows of both partitions were claimed by one statement, put back and deleted by the unchanged code.")


def main() -> None:
    """Partition, check, drop a partition and go back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with database():
        from django.db import connection

        from bench.growth.dead_rows import server
        from bench.growth.fill_database import fill_database
        from predictions.models import ModelVersion, Submission

        empty()
        fill_database(options.rows, ModelVersion.objects.live().get())
        Submission.objects.unfinished().delete()
        vacuum()
        last = Submission.objects.order_by("-key").values_list("key", flat=True)[0] + 1_000
        bound = last + 100_000
        with server(str(connection.settings_dict["NAME"])) as session:
            timed = Timed(session)
            print("| step | ms |\n|---|---|")
            partition(timed, bound, last)
            check(timed, bound)
            timed.run("an empty partition dropped", *DROP.split(";"))
            go_back(timed)
        print("Gone back: the table is what it was, with", Submission.objects.count(), "rows.")


def go_back(timed: Timed) -> None:
    """Make the first partition the table again; possible while it has all the rows."""
    references = timed.all(REFERENCES.replace("predictions_submission_p0", "predictions_submission"))
    timed.run(
        "back, which nobody may read or write beside",
        *(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name in references),
        "ALTER TABLE predictions_submission DETACH PARTITION predictions_submission_p0",
        "DROP TABLE predictions_submission",
        "ALTER TABLE predictions_submission_p0 RENAME TO predictions_submission",
        "ALTER TABLE predictions_submission DROP CONSTRAINT submission_first_keys",
        *(
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" FOREIGN KEY (submission_id) REFERENCES '
            "predictions_submission (key) DEFERRABLE INITIALLY DEFERRED NOT VALID"
            for table, name in references
        ),
    )
    for table, name in references:
        timed.run(f"references of {table} checked", f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"')


if __name__ == "__main__":
    main()
