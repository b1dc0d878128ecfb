#!/usr/bin/env bash
# docker/upgrade.sh: upgrade the running service to the code of this checkout without interruption.
# docker/upgrade.sh --back: return to the previous images and the model shipped with them. The tables are not changed:
#   a migration only adds.
#   BUILD=no  use the images tagged :current
set -euo pipefail
cd "$(dirname "$0")/.."
READY_WITHIN_S=180
DRAINED_WITHIN_S=30
ROLLED=(web worker worker-gpu trainer) # old and new containers of these may run together
IMAGES=(web worker worker-gpu trainer proxy flower pgbouncer)
MARK='# Written by docker/upgrade.sh, which removes it at the next upgrade:' # before each line that it adds to .env
# In the proxy: read the routes from stdin, and wait until nginx has finished all requests that went by the earlier ones.
# shellcheck disable=SC2016 # variables of the proxy's shell
RELOAD='
    cat >/tmp/nginx/route.conf
    master=$(cat /tmp/nginx.pid)
    before=$(cat "/proc/$master/task/$master/children")
    nginx -c /etc/inkling/nginx.conf -s reload 2>/dev/null
    end=$(($(date +%s) + $1))
    for worker in $before; do
        while [ -d "/proc/$worker" ] && [ "$(date +%s)" -lt "$end" ]; do sleep 0.1; done
    done'

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }
compose() { docker compose --progress quiet --profile '*' "$@"; }
ids() { compose ps --quiet "$1" | sort; }
has() { docker image inspect "inkling-$1" >/dev/null 2>&1; }

remember() { # tag running images that will be replaced as :previous
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

swap() { # swap :current and :previous
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

release_of() { # the number of an image's release; 1 if it is from before they were numbered
    local number
    number=$(docker run --rm --network none "$1" sed -n 's/^NUMBER = //p' accounts/postgres/release.py 2>/dev/null || true)
    echo "${number:-1}"
}

refuse_skipped_release() { # what runs now and what replaces it share the tables for a while
    local image ours theirs
    for image in "${ROLLED[@]}"; do
        if has "$image:previous" && has "$image:current"; then
            ours=$(release_of "inkling-$image:current") theirs=$(release_of "inkling-$image:previous")
            if [ $((ours - theirs)) -gt 1 ] || [ $((theirs - ours)) -gt 1 ]; then
                say "inkling-$image:previous is release $theirs and inkling-$image:current release $ours. Only releases that" \
                    "follow one another can run together, so nothing was changed. $1"
                exit 1
            fi
        fi
    done
}

write_setting() { # add a line to .env that stays until `forget_setting`
    [ -z "$(tail -c 1 .env 2>/dev/null)" ] || echo >>.env
    printf '%s\n%s\n' "$MARK" "$1" >>.env
}

forget_setting() { # remove from .env what this script wrote of this name
    [ ! -f .env ] || sed -i "/^${MARK//\//\\/}\$/{N;/\n$1=/d}" .env
}

keep_passwords_readable() { # the images that --back returns to must be able to check every password that is stored
    forget_setting PASSWORD_HASHER
    if has web:previous && ! docker run --rm --network none inkling-web:previous python -c 'import argon2' 2>/dev/null; then
        say "the previous images know no Argon2, so new passwords are hashed by PBKDF2 until the next upgrade"
        write_setting PASSWORD_HASHER=pbkdf2
    fi
}

choose_who_sends_mail() { # in images without a delivery worker, workers send mail themselves, and need a way out
    local files
    forget_setting COMPOSE_FILE
    if has web:current && ! docker run --rm --network none inkling-web:current test -e accounts/delivery.py; then
        say "the previous images have no delivery worker: their workers send mail until the next upgrade"
        files=$(grep -s '^COMPOSE_FILE=' .env | tail -n 1 | cut -d = -f 2- || true)
        # shellcheck disable=SC2046 # a list of ids
        [ -z "$(ids delivery)" ] || docker rm $(docker stop $(ids delivery)) >/dev/null
        write_setting "COMPOSE_FILE=${files:-docker-compose.yml}:docker/mail_by_workers.yml"
    elif [ -z "$(ids delivery)" ]; then
        compose up --detach --no-deps --no-build --wait delivery
    else
        roll delivery
    fi
}

route() { # let the proxy send new requests to these containers; without any, to all of web
    local proxy container server servers='' target=web:8000
    for container in "$@"; do
        server=$(docker inspect -f '{{(index .NetworkSettings.Networks "inkling_front").IPAddress}}' "$container")
        servers+=" server $server:8000;" target=new_web
    done
    for proxy in $(ids proxy); do
        docker exec -i "$proxy" sh -c "$RELOAD" sh "$DRAINED_WITHIN_S" <<END
${servers:+upstream new_web {$servers \}}
map \$host \$web { default $target; }
END
    done
}

roll() { # one at a time: start a new container; once it is healthy, drain and stop an old one
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
        say "$service: ${new::12} is healthy; ${old::12} is drained and stopped"
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

give_up() { # a new container does not become healthy: keep the old ones
    local new
    new=$(comm -13 <(echo "$2") <(ids "$1"))
    if [ -n "$new" ]; then
        docker logs --tail 20 "$new" >&2
        docker rm --force "$new" >/dev/null
    fi
    say "$1: a new container did not become healthy within $READY_WITHIN_S s, so the old ones stay. Fix it and run this" \
        "again, or go back: docker/upgrade.sh --back"
    exit 1
}

docker/secrets.sh >/dev/null # those that this version has and the one before had not
if [ "${1:-}" = --back ]; then
    has web:previous || { say "There are no previous images."; exit 1; }
    refuse_skipped_release "Restore a backup from before the upgrade instead (docs/deploy.md)."
    say "going back to the previous images"
    swap
    compose run --rm --no-deps migrate python manage.py install_model # live again, unless somebody chose another
else
    if [ "${BUILD:-yes}" != no ]; then
        CODE_VERSION=$(git describe --always --dirty 2>/dev/null || echo dev)
        export CODE_VERSION
        say "building $CODE_VERSION"
        docker compose build --quiet
    fi
    remember
    refuse_skipped_release "Install the release between them first: its checkout, and docker/upgrade.sh."
    keep_passwords_readable
    say "migrating"
    compose run --rm --no-deps migrate
fi
choose_who_sends_mail
for service in "${ROLLED[@]}"; do roll "$service"; done
for service in beat flower; do
    [ -z "$(ids "$service")" ] || compose up --detach --no-deps --no-build --wait "$service"
done
proxy=$(ids proxy | head -1)
if [ -n "$proxy" ] && [ "$(docker inspect -f '{{.Image}}' "$proxy")" != "$(docker image inspect -f '{{.Id}}' inkling-proxy:current)" ]; then
    say "the proxy still runs its old image; to replace it, with a short interruption: docker compose up -d --no-deps proxy"
fi
say "done; to go back: docker/upgrade.sh --back"
