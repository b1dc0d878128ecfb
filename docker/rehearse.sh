#!/usr/bin/env bash
# docker/rehearse.sh: build this checkout, run it under load, kill, upgrade and restore it; print a table of results.
# For a machine on which the service does not run: its database is deleted at the end. Needs python3, and
# root, to kill processes of containers and inspect their rights. Takes about ten minutes; exits 1 if a row fails.
#   BUILD=no   use the images tagged :current
#   WORKERS=4  the number of workers
set -euo pipefail
cd "$(dirname "$0")/.."
docker/secrets.sh >/dev/null
exec python3 -m docker.rehearsal
