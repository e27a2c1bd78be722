#!/bin/sh
# Checks boundary.pml: the protocol in several sizes, exhaustively, and every seeded fault.
#
# usage: check.sh BUILD_DIRECTORY
#
# A line a check. Exit 0: all as they must be. 1: a check found the other. 2: it could not be done.
# A search that was cut (depth, memory, hash compaction) proves nothing and counts as a failure.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 2
build=${1:?usage: check.sh BUILD_DIRECTORY}
cc=${CC:-cc}
mkdir -p "$build" && cd "$build" || exit 2
command -v spin >/dev/null || { echo "spin: not installed (make deps-proofs)" >&2; exit 2; }
failures=0

# search NAME MODEL_FLAGS COMPILER_FLAGS PAN_FLAGS: leaves pan's report in log
search() {
    rm -f pan pan.* boundary.pml boundary.pml.trail
    cp "$here/boundary.pml" . || exit 2
    # shellcheck disable=SC2086 # the flags are lists
    { spin -a $2 boundary.pml >log 2>&1 &&
        "$cc" -O2 -w -DMEMLIM=1900 -DCOLLAPSE $3 -o pan pan.c >>log 2>&1; } || {
        cat log >&2
        exit 2
    }
    # shellcheck disable=SC2086
    ./pan -m100000 $4 >log 2>&1
    states=$(awk '/ states, stored/ && !n { n = $1 } END { print n + 0 }' log)
}

say() {
    printf '%-12s %-34s %10s states  %s\n' "$1" "$2" "$states" "$3"
}

# holds NAME MODEL_FLAGS [COMPILER_FLAGS PAN_FLAGS]: no error in all reachable states
holds() {
    search "$1" "$2" "${3:--DSAFETY}" "${4:-}"
    if grep -q 'errors: 0' log && [ "$states" -gt 0 ] &&
        ! grep -Eq 'not completed|too small|MEMLIM|error:|out of memory|hash compact' log; then
        say "$1" "$2" ok
    else
        say "$1" "$2" FAILED
        cat log
        failures=$((failures + 1))
    fi
}

# finds FAULT MODEL_FLAGS EXPECTED: the fault must be reported, as the expected kind of error
finds() {
    search "$1" "-D$1 $2" -DSAFETY ""
    if grep -q 'errors: 1' log && grep -q "^pan:1: $3" log; then
        say "$1" "$2" "found: $3"
    else
        say "$1" "$2" "NOT FOUND"
        cat log
        failures=$((failures + 1))
    fi
}

echo "protocol: every lane once, batches in order, nobody asleep for ever"
holds protocol "-DT=2 -DL=2 -DB=4 -DP=2 -DS=2"
holds protocol "-DT=2 -DL=3 -DB=4 -DP=1 -DS=2"
holds protocol "-DT=3 -DL=2 -DB=3 -DP=2 -DS=1"
holds protocol "-DT=3 -DL=2 -DB=3 -DP=1 -DS=0"
holds protocol "-DT=3 -DL=2 -DB=3 -DP=3 -DS=0"
holds protocol "-DT=3 -DL=3 -DB=2 -DP=2 -DS=0"
echo "termination: no execution is infinite"
holds no-cycle "-DT=2 -DL=2 -DB=4 -DP=1 -DS=2" -DNP -l
holds no-cycle "-DT=3 -DL=2 -DB=2 -DP=2 -DS=1" -DNP -l
echo "progress: with sleepers left asleep and others halted outside lanes, thread 0 finishes"
holds halt "-DHALT -DT=2 -DL=2 -DB=4 -DP=2 -DS=1"
holds halt "-DHALT -DT=3 -DL=3 -DB=2 -DP=2 -DS=0"
holds halt "-DHALT -DT=3 -DL=2 -DB=3 -DP=1 -DS=1"
echo "seeded faults"
finds PLAIN_CLAIM "-DT=2 -DL=2 -DB=2 -DP=2" "assertion violated"
finds EARLY_PUBLISH "-DT=2 -DL=2 -DB=2 -DP=2" "assertion violated"
finds LATE_REFILL "-DT=2 -DL=2 -DB=2 -DP=2" "invalid end state"
finds BLIND_SLEEP "-DT=2 -DL=2 -DB=2 -DP=2" "invalid end state"
finds LOOK_FIRST "-DT=2 -DL=2 -DB=2 -DP=2" "invalid end state"
finds WAKE_ONE "-DT=3 -DL=2 -DB=2 -DP=2" "invalid end state"
finds HOME_ONLY "-DHALT -DT=2 -DL=2 -DB=2 -DP=2" "invalid end state"

[ "$failures" -eq 0 ] || { echo "spin: $failures checks failed"; exit 1; }
echo "spin: all checks passed"
