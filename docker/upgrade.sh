#!/usr/bin/env bash
# docker/upgrade.sh: bring the service that runs here to the code of this checkout. Nobody who uses it notices.
# docker/upgrade.sh --back: to the images that ran before. The database stays as it is: a migration only ever adds.
#   BUILD=no  the images named :current are already those to go to
set -euo pipefail
cd "$(dirname "$0")/.."
READY_WITHIN_S=180
ROLLED=(web worker worker-gpu) # two containers of these may stand beside each other
IMAGES=(web worker worker-gpu proxy flower)

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }
compose() { docker compose --progress quiet --profile '*' "$@"; }
ids() { compose ps --quiet "$1" | sort; }
has() { docker image inspect "inkling-$1" >/dev/null 2>&1; }

remember() { # what runs now, and is not what comes, becomes :previous
    local image container id
    for image in "${IMAGES[@]}"; do
        for container in $(ids "$image"); do
            id=$(docker inspect -f '{{.Image}}' "$container")
            if [ "$id" != "$(docker image inspect -f '{{.Id}}' "inkling-$image:current")" ]; then
                docker tag "$id" "inkling-$image:previous"
                break
            fi
        done
    done
}

swap() { # :current and :previous change places
    local image
    for image in "${IMAGES[@]}"; do
        if has "$image:previous" && has "$image:current"; then
            docker tag "inkling-$image:current" "inkling-$image:swapped"
            docker tag "inkling-$image:previous" "inkling-$image:current"
            docker tag "inkling-$image:swapped" "inkling-$image:previous"
            docker rmi "inkling-$image:swapped" >/dev/null
        fi
    done
}

route() { # the proxy sends every new request to these containers; without any, to all that are called web
    local proxy container server servers='' target=web:8000
    for container in "$@"; do
        server=$(docker inspect -f '{{(index .NetworkSettings.Networks "inkling_front").IPAddress}}' "$container")
        servers+=" server $server:8000;" target=new_web
    done
    for proxy in $(ids proxy); do
        docker exec -i "$proxy" sh -c 'cat >/tmp/nginx/route.conf && nginx -c /etc/inkling/nginx.conf -s reload 2>/dev/null' <<END
${servers:+upstream new_web {$servers \}}
map \$host \$web { default $target; }
END
    done
}

roll() { # one at a time: a new one beside the old ones; once it is healthy, an old one ends what it has begun
    local service=$1 old all_old before new
    all_old=$(ids "$service")
    [ "$service" != web ] || {
        trap route EXIT
        # shellcheck disable=SC2086 # a list of ids
        route $all_old
    }
    for old in $all_old; do
        before=$(ids "$service")
        compose up --detach --no-deps --no-build --no-recreate --wait --wait-timeout "$READY_WITHIN_S" \
            --scale "$service=$(($(wc -w <<<"$before") + 1))" "$service" || give_up "$service" "$before"
        new=$(comm -13 <(echo "$before") <(ids "$service"))
        say "$service: ${new::12} is healthy; ${old::12} is drained and ends"
        # shellcheck disable=SC2046 # a list of ids
        [ "$service" != web ] || route $(ids web | grep -v "$old")
        docker stop "$old" >/dev/null
        docker rm "$old" >/dev/null
    done
    [ "$service" != web ] || {
        trap - EXIT
        route
    }
}

give_up() { # a new one does not become healthy: those that run go on
    local new
    new=$(comm -13 <(echo "$2") <(ids "$1"))
    if [ -n "$new" ]; then
        docker logs --tail 20 "$new" >&2
        docker rm --force "$new" >/dev/null
    fi
    say "$1: a new container did not become healthy within $READY_WITHIN_S s, so the old go on. Mend it and run this" \
        "again, or go back: docker/upgrade.sh --back"
    exit 1
}

if [ "${1:-}" = --back ]; then
    has web:previous || { say "No earlier images are here."; exit 1; }
    say "going back to the images that ran before"
    swap
else
    if [ "${BUILD:-yes}" != no ]; then
        CODE_VERSION=$(git describe --always --dirty 2>/dev/null || echo dev)
        export CODE_VERSION
        say "building $CODE_VERSION"
        docker compose build --quiet
    fi
    remember
    say "migrating"
    compose run --rm --no-deps migrate
fi
for service in "${ROLLED[@]}"; do roll "$service"; done
for service in beat flower; do
    [ -z "$(ids "$service")" ] || compose up --detach --no-deps --no-build --wait "$service"
done
proxy=$(ids proxy | head -1)
if [ -n "$proxy" ] && [ "$(docker inspect -f '{{.Image}}' "$proxy")" != "$(docker image inspect -f '{{.Id}}' inkling-proxy:current)" ]; then
    say "the proxy still runs its old image; this replaces it, with a moment's silence: docker compose up -d --no-deps proxy"
fi
say "done; back with docker/upgrade.sh --back"
