#!/bin/sh
# Fill /venv with exactly what requirements/$1.txt pins: compiled, without pip, and in the languages that we speak.
set -eu
python -m venv --without-pip /venv
pip --python /venv/bin/python install --no-compile --require-hashes --requirement "/packages/$1.txt"
find /venv/lib -type d -path '*/locale/*/LC_MESSAGES' ! -path '*/locale/en/*' ! -path '*/locale/de/*' \
    -prune -exec rm -r {} +
/venv/bin/python -m compileall -q -j 0 /venv/lib
