#!/usr/bin/env bash
# Bring an overlay to the cluster: deploy/kubernetes/rollout.sh [FOLDER], by default overlays/production.
# New pods wait for the migration before they start, and old ones serve until then; the order is the Job, then the rest.
set -euo pipefail
cd "$(dirname "$0")"
OVERLAY=${1:-overlays/production}
MIGRATED_WITHIN=600s
inkling() { kubectl --namespace inkling "$@"; }

inkling delete job migrate --ignore-not-found # a Job cannot be changed
kubectl apply -k "$OVERLAY"
inkling wait --for=condition=complete --timeout="$MIGRATED_WITHIN" job/migrate || {
    inkling logs job/migrate --tail=30 >&2
    echo "The migration did not end well, so the old pods go on. Fix it and run this again, or apply the version before." >&2
    exit 1
}
for deployment in $(inkling get deployments --selector app.kubernetes.io/name=inkling --output name); do
    inkling rollout status "$deployment" --timeout=600s
done
