#!/bin/sh
# Creates the virtual environment with everything in requirements.lock: sh scripts/setup.sh [FOLDER]
# PYTHON names the interpreter to use; by default, python3 or the newest suitable python3.x.
# Does nothing if the environment exists and the lock has not changed since.
set -eu

venv=${1:-.venv}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

suggest_install() {
    # $1: packages for apt, $2: for dnf
    if command -v apt-get >/dev/null 2>&1; then say "  sudo apt-get install $1"
    elif command -v dnf >/dev/null 2>&1; then say "  sudo dnf install $2"
    elif command -v brew >/dev/null 2>&1; then say "  brew install python@3.13"
    else say "  Install it from your system's packages, or from python.org."
    fi
}

is_suitable() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14; do
        if is_suitable "$candidate"; then command -v "$candidate"; return; fi
    done
    found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "none")
    say "Rostrum needs Python 3.11 or newer; ${PYTHON:-python3} here is: $found. To install it:"
    suggest_install "python3.12 python3.12-venv" "python3.12"
    say "  or use another one: make PYTHON=/path/to/python3.12 ..."
    exit 1
}

python=$(find_python)
state="$(cksum requirements.lock pyproject.toml) $("$python" --version)"
stamp="$venv/installed"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "$python has no venv module with pip. To install it:"
    suggest_install "python$minor-venv" "python$minor"
    exit 1
fi

say "Setting up $venv with $("$python" --version) (about 1.2 GB the first time) ..."
rm -f "$stamp"
# --clear only if the environment belongs to another interpreter: an interrupted set-up continues where it stopped.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
    [ "$("$venv/bin/python" --version)" != "$("$python" --version)" ]; then
    "$python" -m venv --clear "$venv"
fi
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
if ! pip install --require-hashes --no-deps -r requirements.lock; then
    say "The packages could not be installed; see the reason above. This needs the network once, and 3 GB of disk."
    say "Downloaded packages are kept: run the same command again."
    exit 1
fi
pip install --quiet --no-deps --no-build-isolation -e .
printf '%s' "$state" >"$stamp"
say "Set-up is done."
