#!/bin/sh
# Install exactly the pins of the named sets of requirements/ into /venv: compiled, without pip, with our languages only.
set -eu
for name; do # each stands at the end, and its place at the beginning is taken away
    set -- "$@" --requirement "/packages/$name.txt"
    shift
done
python -m venv --without-pip /venv
pip --python /venv/bin/python install --no-compile --require-hashes "$@"
find /venv/lib -type d -path '*/locale/*/LC_MESSAGES' ! -path '*/locale/en/*' ! -path '*/locale/de/*' \
    -prune -exec rm -r {} +
/venv/bin/python -m compileall -q -j 0 /venv/lib
