#!/usr/bin/env bash
# Print the files of secrets/ as a Secret, without the line end of each: deploy/kubernetes/secret.sh | kubectl apply -f -
# What a managed Postgres or Redis gave you goes into secrets/database_url and secrets/redis_url before.
set -euo pipefail
cd "$(dirname "$0")/../.."
docker/secrets.sh >&2
printf '%s\n' 'apiVersion: v1' 'kind: Secret' 'metadata: {name: inkling, namespace: inkling}' 'type: Opaque' 'data:'
for file in secrets/*; do
    [ -d "$file" ] || printf '  %s: "%s"\n' "${file##*/}" "$(printf %s "$(cat "$file")" | base64 | tr -d '\n')"
done
