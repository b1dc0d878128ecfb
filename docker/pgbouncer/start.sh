#!/bin/sh
# Write the file of addresses and the list of users from the secrets, and become pgbouncer.
set -eu
umask 077
url=$(cat /run/secrets/database_url) # postgres://NAME:PASSWORD@HOST:PORT/DATABASE, of the server itself
login=${url#*://} login=${login%@*}
place=${url##*@}
host=${place%%/*}
name=${login%%:*} database=${place##*/}
mkdir -p /tmp/pgbouncer
printf '"%s" "%s"\n' "$name" "${login#*:}" >/tmp/pgbouncer/users.txt
cat /etc/inkling/pgbouncer.ini - >/tmp/pgbouncer/pgbouncer.ini <<END
listen_addr = 0.0.0.0
listen_port = 6432
unix_socket_dir = /tmp/pgbouncer
auth_file = /tmp/pgbouncer/users.txt
[databases]
${database%%\?*} = host=${host%:*} port=${host##*:}
END
exec pgbouncer /tmp/pgbouncer/pgbouncer.ini
