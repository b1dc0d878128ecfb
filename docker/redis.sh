#!/bin/sh
# Start Redis with the password of its secret file, which keeps it out of the process list.
set -eu
umask 077
{
    printf 'requirepass %s\n' "$(cat /run/secrets/redis_password)"
    printf '%s\n' 'dir /data' 'appendonly yes' 'appendfsync everysec' 'save ""' \
        'maxmemory 128mb' 'maxmemory-policy noeviction'
} >/tmp/redis.conf
exec docker-entrypoint.sh redis-server /tmp/redis.conf
