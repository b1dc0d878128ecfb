#!/usr/bin/env bash
# docker/restore.sh FILE: restore a backup into an empty database. REPLACE=yes: replace one with rows, dumped first.
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:?usage: make restore FILE=backups/....dump}
WRITERS=(web worker worker-gpu trainer delivery beat)

compose() { docker compose --progress quiet --profile '*' "$@"; }
sql() { docker compose exec -T db psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --username=postgres "$@"; }
fingerprint() { # of all rows in the dump on standard input, in any order
    docker compose exec -T db pg_restore --data-only --file=- | grep -av '^\\\(un\)\?restrict ' | LC_ALL=C sort | sha256sum
}

compose up --detach --wait --no-recreate db
docker compose exec -T db pg_restore --list <"$file" >/dev/null || { echo "$file is not a readable backup." >&2; exit 1; }

rows=0
if [ "$(sql inkling -c "SELECT to_regclass('predictions_submission') IS NOT NULL")" = t ]; then
    rows=$(sql inkling -c 'SELECT (SELECT count(*) FROM accounts_user) + (SELECT count(*) FROM predictions_submission)')
fi
if [ "$rows" != 0 ] && [ "${REPLACE:-}" != yes ]; then
    echo "The database holds $rows users and submissions. To replace them (they are dumped first): REPLACE=yes" >&2
    exit 1
fi

stopped=$(compose ps --services --status running "${WRITERS[@]}")
# shellcheck disable=SC2086 # service names, here and below
{
    go_on() { [ -z "$stopped" ] || compose start $stopped; }
    trap go_on EXIT
    [ -z "$stopped" ] || compose stop $stopped
}
[ "$rows" = 0 ] || docker/backup.sh "backups/before-restore-$(date -u +%Y%m%dT%H%M%SZ).dump"

sql postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS inkling_restored' \
    -c 'CREATE DATABASE inkling_restored OWNER inkling'
docker compose exec -T db pg_restore --username=postgres --dbname=inkling_restored --no-owner --no-privileges \
    --role=inkling --single-transaction --exit-on-error <"$file"
wanted=$(fingerprint <"$file")
got=$(docker compose exec -T db pg_dump --username=postgres --format=custom inkling_restored | fingerprint)
if [ "$wanted" != "$got" ]; then
    echo "The restored rows ($got) differ from $file ($wanted). The database was not changed." >&2
    exit 1
fi
sql postgres -c 'DROP DATABASE inkling WITH (FORCE)' -c 'ALTER DATABASE inkling_restored RENAME TO inkling' \
    -c 'REVOKE ALL ON DATABASE inkling FROM PUBLIC'
[ -z "$stopped" ] || compose run --rm --no-deps migrate
echo "Restored; every row compared: ${got::16}. ${stopped:+Starting $(xargs <<<"$stopped") again.}"
