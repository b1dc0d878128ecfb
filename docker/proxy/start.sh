#!/bin/sh
# Start nginx: over https once a certificate is mounted, over http until then.
set -eu
limit=$((${UPLOAD_LIMIT_BYTES:-25000000} + 100000)) # what Django takes, a form's own words included
mkdir -p /tmp/nginx
printf 'client_max_body_size %s;\n' "$limit" >/tmp/nginx/limit.conf
# shellcheck disable=SC2016 # nginx's variables, not the shell's
printf 'map $host $web { default web:8000; }\n' >/tmp/nginx/route.conf
hsts="max-age=31536000" # as Django's, which says it of everything else
is_on() { printf '%s' "$1" | grep -qixE '1|true|yes|on'; }
if is_on "${HSTS_SUBDOMAINS:-}"; then hsts="$hsts; includeSubDomains"; fi
if is_on "${HSTS_PRELOAD:-}"; then hsts="$hsts; preload"; fi
sed "s#@HSTS@#$hsts#" /etc/inkling/own_responses.conf >/tmp/nginx/own_responses.conf
if [ -s /tls/fullchain.pem ] && [ -s /tls/privkey.pem ]; then scheme=https; else scheme=http; fi
sed "s#@PUBLIC_URL@#${PUBLIC_URL:?}#" "/etc/inkling/$scheme.conf" >/tmp/nginx/servers.conf
exec nginx -c /etc/inkling/nginx.conf
