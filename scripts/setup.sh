#!/bin/sh
# Finds a Python that is new enough and hands over to scripts/setup.py.
# usage: sh scripts/setup.sh run|lint|test
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Python from apt …"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            python3 python3-venv >/dev/null </dev/null
    fi
    if ! python=$(find_python); then
        echo "Python 3.11 or later was not found. Install it: apt-get install python3 python3-venv" >&2
        exit 1
    fi
fi

exec "$python" -m scripts.setup "$@"
