#!/usr/bin/env bash
# docker/rehearse.sh: build this checkout, run it, load it, kill it, upgrade it, restore it; tell every figure in a table.
# For a machine on which the service does not run: the rehearsal's own database is deleted at the end. Needs python3, and
# root, since it kills processes of containers and looks at their rights. Takes some ten minutes; exits 1 if a row fails.
#   BUILD=no   the images named :current are already this checkout's
#   WORKERS=4  how many share the work
set -euo pipefail
cd "$(dirname "$0")/.."
docker/secrets.sh >/dev/null
exec python3 -m docker.rehearsal
