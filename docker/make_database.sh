#!/bin/bash
# Run by the postgres image on an empty volume: create the service's role, which owns its database and nothing else.
set -euo pipefail
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres <<'SQL'
\set password `cat /run/secrets/db_password`
CREATE ROLE inkling LOGIN PASSWORD :'password';
CREATE DATABASE inkling OWNER inkling;
REVOKE ALL ON DATABASE inkling FROM PUBLIC;
SQL
