#!/bin/bash
# Do doc/arithmetic.md, doc/formats.md and the program agree? reference.py and its companions were
# written from the pages alone; check.py compares them with the program. They need python3.
# Environment: B, the build directory.
set -u
B=$(realpath "${B:-build}")
if ! command -v python3 >/dev/null; then
    echo "NOTE: python3 is not installed: the pages were not compared with the program"
    echo "0 passed, 0 failed"
    exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 "$(dirname "$0")/check.py" "$B/sequent" "$scratch"
