"""Migrations are safe while old code runs: it can use the new tables, and no lock is held for long."""

import re

import pytest
from django.db import connection, models
from django.db.migrations import AlterField, Migration
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.django_db
BEFORE_RELEASE = {"accounts": 5, "predictions": 7}  # the last migrations before anything was deployed
DANGERS = {
    "old code still reads or writes it": r"\b(DROP COLUMN|DROP TABLE|RENAME)\b",
    # The texts that became 64 long were 32: Postgres widens a varchar in the catalog alone.
    "the whole table is rewritten under a lock": r"\bALTER COLUMN \S+ TYPE (?!varchar\(64\))",
    "old code cannot fill it; make it nullable or set db_default": (
        r"\bSET NOT NULL\b|\bDROP DEFAULT\b|\bADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL\b"
    ),
    "it blocks writers; use AddIndexConcurrently": r"\bCREATE (UNIQUE )?INDEX (?!CONCURRENTLY)",
    "the whole table is read under a lock; add it NOT VALID": r"\bADD CONSTRAINT (?!.*\bNOT VALID\b)",
    "every row is locked at once; write them in a command, a few at a time": r"^\s*(UPDATE|DELETE)\b",
}
TABLE = re.compile(r'\b(?:TABLE|ON|UPDATE|FROM)\s+(?:ONLY )?"?(\w+)"?')


def dangers(statements: list[str]) -> list[str]:
    """Return which statements would break or block running code. Tables that they create are not in use yet."""
    made = {TABLE.search(each)[1] for each in statements if each.startswith("CREATE TABLE")}
    found = []
    for each in statements:
        table = TABLE.search(each)
        if not each.startswith(("--", "CREATE TABLE")) and not (table and table[1] in made):
            found += [f"{why}: {each}" for why, wrong in DANGERS.items() if re.search(wrong, each, re.I)]
    return found


@pytest.mark.django_db(transaction=True)  # indexes cannot be built concurrently in a transaction
def test_migrations_since_the_release_do_not_break_running_code():
    loader = MigrationLoader(connection)
    found = {
        f"{app}.{name}": dangers(_without_widening(loader, migration, loader.collect_sql([(migration, False)])))
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in BEFORE_RELEASE and int(name[:4]) > BEFORE_RELEASE[app]
    }
    assert {name: words for name, words in found.items() if words} == {}


def _without_widening(loader: MigrationLoader, migration: Migration, statements: list[str]) -> list[str]:
    """Leave out statements that only allow longer text, for which Postgres rewrites neither table nor index."""
    before, safe = loader.project_state((migration.app_label, migration.name), at_end=False), set()
    for change in migration.operations:
        if isinstance(change, AlterField) and isinstance(change.field, models.CharField):
            model = before.models[migration.app_label, change.model_name_lower]
            was, table = model.fields[change.name], model.options.get("db_table")
            if isinstance(was, models.CharField) and (was.max_length or 0) < (change.field.max_length or 0):
                table = table or f"{migration.app_label}_{change.model_name_lower}"
                kind = f"varchar({change.field.max_length})"
                safe.add(f'ALTER TABLE "{table}" ALTER COLUMN "{change.name}" TYPE {kind};')
    return [each for each in statements if each not in safe]


def test_only_longer_text_is_safe():
    loader = MigrationLoader(connection)
    before, widened = loader.disk_migrations["predictions", "0014_artifact_sets"], []
    for migration in (before, loader.disk_migrations["predictions", "0006_words_for_columns"]):
        statements = [
            f'ALTER TABLE "predictions_modelartifact" ALTER COLUMN "format" TYPE varchar({n});' for n in (9, 20)
        ]
        widened.append(_without_widening(loader, migration, statements))
    assert [len(left) for left in widened] == [1, 2] and "varchar(9)" in widened[0][0]


def test_dangerous_migrations_are_found():
    loader = MigrationLoader(connection)
    migration = loader.disk_migrations["predictions", "0003_batches_and_limits"]
    kinds = {word.split(":")[0].split(";")[0] for word in dangers(loader.collect_sql([(migration, False)]))}
    assert {"it blocks writers", "every row is locked at once"} <= kinds


@pytest.mark.parametrize(
    ("statement", "is_safe"),
    [
        ('ALTER TABLE "a" ADD COLUMN "b" varchar(9) NULL;', True),
        ('ALTER TABLE "a" ADD COLUMN "b" varchar(9) DEFAULT \'\' NOT NULL;', True),
        ('ALTER TABLE "a" ADD COLUMN "b" varchar(9) NOT NULL;', False),
        ('ALTER TABLE "a" ALTER COLUMN "b" DROP DEFAULT;', False),
        ('ALTER TABLE "a" ALTER COLUMN "b" TYPE text;', False),
        ('ALTER TABLE "a" ALTER COLUMN "b" TYPE varchar(64);', True),
        ('ALTER TABLE "a" DROP COLUMN "b" CASCADE;', False),
        ('ALTER TABLE "a" RENAME COLUMN "b" TO "c";', False),
        ('CREATE INDEX "i" ON "a" ("b");', False),
        ('CREATE INDEX CONCURRENTLY "i" ON "a" ("b");', True),
        ('ALTER TABLE "a" ADD CONSTRAINT "c" CHECK (b > 0);', False),
        ('ALTER TABLE "a" ADD CONSTRAINT "c" CHECK (b > 0) NOT VALID;', True),
        ('UPDATE "a" SET b = 0', False),
        ("-- (no-op)", True),
    ],
)
def test_dangerous_statements_are_recognized(statement, is_safe):
    assert (dangers([statement]) == []) is is_safe


def test_a_table_created_by_the_same_migration_is_not_in_use_yet():
    assert dangers(['CREATE TABLE "a" ("b" int NOT NULL);', 'CREATE INDEX "i" ON "a" ("b");']) == []
