#!/usr/bin/env bash
# docker/backup.sh [FILE]: dump the whole database as of one moment, while the service runs.
# Without FILE, dumps in backups/ that are BACKUPS_KEPT_DAYS old or older are deleted once the new one is complete.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
file=${1:-backups/inkling-$(date -u +%Y%m%dT%H%M%SZ).dump}
days=${BACKUPS_KEPT_DAYS:-$(grep -s '^BACKUPS_KEPT_DAYS=' .env | tail -n 1 | cut -d = -f 2 || true)}
days=${days:-30}
if [ -z "$(docker compose ps --quiet --status running db)" ]; then
    echo "No database container is running (docker compose up -d). For make run, see docs/deploy.md." >&2
    exit 1
fi
mkdir -p "$(dirname "$file")"
trap 'rm -f "$file.part"' EXIT
docker compose exec -T db pg_dump --username=postgres --format=custom inkling >"$file.part"
docker compose exec -T db pg_restore --list <"$file.part" >/dev/null # check that it can be read
mv "$file.part" "$file"
bytes=$(stat -c %s "$file")
docker compose exec -T web python manage.py record_backup --verbosity 0 --bytes "$bytes" ||
    echo "The doctor does not know of this backup: no web container is running." >&2
if [ $# -eq 0 ]; then
    find backups -maxdepth 1 -name '*.dump' -mmin "+$((days * 24 * 60))" -delete
fi
echo "$file ($bytes bytes). Restoring also needs the secret_key of secrets/: keep a copy elsewhere."
