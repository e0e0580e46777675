#!/bin/sh
# Compiles the .in files into locks with hashes, and the broker's jars into theirs.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
.venv/bin/python -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check uv
for name in runtime dev; do
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --upgrade "requirements/$name.in" --output-file "requirements/$name.txt"
done
.venv/bin/python -m deploy.local.jars > "$tools/jars"
cp "$tools/jars" requirements/kafka-jars.txt
