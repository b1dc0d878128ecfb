"""What needs a session of its own goes to the server itself, where DATABASE_URL leads to a pgbouncer."""

import pytest
from django.db import connection

from accounts.postgres import checks, direct
from config.postgres import connections

POOLED = "postgres://inkling:secret@pgbouncer:6432/inkling"
SERVER = "postgres://inkling:secret@db:5432/inkling"


def test_connections_through_pgbouncer_ask_for_nothing_that_a_transaction_cannot_keep():
    pooled = connections.describe(POOLED, pool_size=8, prepares=False, is_direct=False)
    assert "options" not in pooled["OPTIONS"]  # pgbouncer refuses the start-up parameter
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert pooled["OPTIONS"]["prepare_threshold"] is None
    own = connections.describe(SERVER)
    assert not own["DISABLE_SERVER_SIDE_CURSORS"] and own["OPTIONS"]["prepare_threshold"] == 1
    for name, value in connections.SESSION_SETTINGS.items():
        assert f"-c {name}={value}" in own["OPTIONS"]["options"].replace("  ", " ")


def test_notifications_are_listened_for_at_the_server_itself(settings):
    before = direct.direct_parameters()
    assert before == connection.get_connection_params()  # without a pgbouncer, there is one address
    settings.DIRECT_DATABASE = connections.describe(SERVER)
    found = direct.direct_parameters()
    assert (found["host"], found["port"]) == ("db", 5432) and "statement_timeout" in found["options"]


@pytest.mark.django_db
def test_the_role_gets_what_a_connection_cannot_ask_for():
    direct.set_role_defaults()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unnest(setconfig) FROM pg_db_role_setting"
            " WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND setdatabase = 0"
        )
        kept = {row[0] for row in cursor.fetchall()}
    assert kept >= {f"{name}={value}" for name, value in connections.SESSION_SETTINGS.items()}


@pytest.mark.django_db
def test_a_connection_without_our_timeouts_is_reported_with_what_to_do():
    assert checks.check_session_settings(databases=["default"]) == []
    assert checks.check_session_settings(databases=None) == []  # `manage.py check` asks no database
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
    [found] = checks.check_session_settings(databases=["default"])
    assert found.id == "inkling.W007" and "lock_timeout is 0" in found.msg and "manage.py prepare" in found.hint
