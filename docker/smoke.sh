#!/usr/bin/env bash
# docker/smoke.sh BASE_URL: does this deployment do what it is for? Needs python3, nothing else; exits 1 if not.
#   TOKEN=...    go as this user; without it an account "smoke-..." signs up, and deletes its drawings at the end
#   DRAWINGS=200 how many are sent
#   SSL_CERT_FILE=... trust a certificate of your own
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -m docker.smoke "${1:?usage: docker/smoke.sh BASE_URL}"
