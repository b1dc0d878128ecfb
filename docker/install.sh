#!/bin/sh
# Install exactly the pins of requirements/$1.txt into /venv: compiled, without pip, with our languages only.
set -eu
python -m venv --without-pip /venv
pip --python /venv/bin/python install --no-compile --require-hashes --requirement "/packages/$1.txt"
find /venv/lib -type d -path '*/locale/*/LC_MESSAGES' ! -path '*/locale/en/*' ! -path '*/locale/de/*' \
    -prune -exec rm -r {} +
/venv/bin/python -m compileall -q -j 0 /venv/lib
