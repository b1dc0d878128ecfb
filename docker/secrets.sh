#!/usr/bin/env bash
# Create what is missing in secrets/ and never change an existing file. The folder is private; the files in it are
# readable, because each container runs as its own user.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
mkdir -p secrets/tls
chmod 700 secrets

new() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1" || true; }
keep() { # keep NAME VALUE
    [ -e "secrets/$1" ] && return
    printf '%s\n' "$2" >"secrets/$1.new"
    chmod 444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "created secrets/$1"
}

keep secret_key "$(new 64)"
keep secret_key_fallbacks "" # former keys, while a new one is brought in: docs/operations.md
keep postgres_password "$(new 32)"
keep db_password "$(new 32)"
keep redis_password "$(new 32)"
keep database_url "postgres://inkling:$(cat secrets/db_password)@db:5432/inkling"
keep pgbouncer_url "postgres://inkling:$(cat secrets/db_password)@pgbouncer:6432/inkling"
keep redis_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
keep mail_password ""
keep oidc_client_secret ""
keep status_token "$(new 32)"
keep flower_login "flower:$(new 24)"
keep grafana_password "$(new 24)"
echo "secrets/ is complete. Keep a copy apart from the backups: a thief needs both."
