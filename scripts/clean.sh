#!/bin/sh
# Removes the virtual environment, the tools' caches, and Rostrum's local data: sh scripts/clean.sh [VENV]
# The data folder is the one the settings name (ROSTRUM_DATA, in the environment or in .env). Of it only what Rostrum put
# there is removed. Nothing is removed while a stack runs on it.
set -eu

venv=${1:-.venv}
cd "$(dirname "$0")/.."

data=${ROSTRUM_DATA:-.rostrum}
if [ -x "$venv/bin/rostrum" ]; then
    data=$("$venv/bin/python" -c 'from infra.settings import LocalSettings, load; print(load(LocalSettings).data)')
    if "$venv/bin/rostrum" ps --json --data "$data" | grep -q '"pid"'; then
        echo "A stack is running on $data: stop it with 'rostrum stop' or Ctrl-C first." >&2
        exit 1
    fi
fi

if [ -d "$data" ]; then
    echo "Removing Rostrum's data in $data"
    for name in clickhouse kafka logs tls jwt.secret lock run.json; do
        rm -rf "${data:?}/$name"
    done
    rm -rf "${data:?}"/demo-*
    rmdir "$data" 2>/dev/null || echo "Left in $data: $(ls -A "$data" | tr '\n' ' ')"
fi
rm -rf "$venv" .pytest_cache .mypy_cache .ruff_cache .hypothesis
