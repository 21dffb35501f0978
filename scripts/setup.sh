#!/bin/sh
# Creates .venv and installs the project into it: `setup.sh .` or `setup.sh '.[dev]'`.
set -eu

python=${PYTHON:-python3}

fail() {
    echo "setup: $*" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    fail "'$python' was not found; install Python 3.11 or later, or set PYTHON"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$python' is $("$python" --version); Weir needs Python 3.11 or later (set PYTHON)"

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    # Debian has venv in a separate package.
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && apt-get install -y -qq "$package"
    else
        fail "Python's venv is missing; install the package $package"
    fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --constraint constraints.txt --editable "$1"
