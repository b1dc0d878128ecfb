#!/usr/bin/env bash
# docker/backup.sh [FILE]: everything that the database holds, as of one moment, while the service goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
file=${1:-backups/inkling-$(date -u +%Y%m%dT%H%M%SZ).dump}
if [ -z "$(docker compose ps --quiet --status running db)" ]; then
    echo "No database container runs here (docker compose up -d). docs/deploy.md tells what to do beside make run." >&2
    exit 1
fi
mkdir -p "$(dirname "$file")"
trap 'rm -f "$file.part"' EXIT
docker compose exec -T db pg_dump --username=postgres --format=custom inkling >"$file.part"
docker compose exec -T db pg_restore --list <"$file.part" >/dev/null # it can be read again
mv "$file.part" "$file"
echo "$file ($(stat -c %s "$file") bytes). To be of use it needs the secret_key of secrets/ too: keep that elsewhere."
