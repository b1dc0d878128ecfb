#!/usr/bin/env bash
# docker/smoke.sh BASE_URL: check a deployment end to end. Needs only python3; exits 1 on failure.
#   TOKEN=...    use this token; by default an account "smoke-..." signs up, and deletes its drawings at the end
#   DRAWINGS=200 the number of drawings to send
#   SSL_CERT_FILE=... trust your own certificate
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -m docker.smoke "${1:?usage: docker/smoke.sh BASE_URL}"
