#!/bin/bash
# The README's program is compiled and run as a reader would: its first two hashes must be the same.
# Environment: B, the build directory; CC; SANITIZED.
set -u
B=${B:-build} CC=${CC:-gcc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
check() { # description, command …
    local what=$1; shift
    if "$@" >"$scratch/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)); echo "not ok: $what"; cat "$scratch/out"
    fi
}

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$scratch/elo.c"
check "the README has a program" test -s "$scratch/elo.c"

compile() {
    # shellcheck disable=SC2086
    $CC $1 -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude "$scratch/elo.c" -o "$scratch/elo" \
        "$B/libsequent.a" -lxxhash -lz -ljansson -lmd -lm -pthread
}
flags="-O2"
[[ $B == *tsan* ]] && flags="-O1 -fsanitize=thread"
[[ $B == *asan* ]] && flags="-O1 -fsanitize=address,undefined"
check "it compiles without a warning" compile "$flags"
check "it runs" "$scratch/elo"
"$scratch/elo" >"$scratch/hashes" 2>&1
hash_of() { awk -v mode="$1" '$1 == mode { print $2 }' "$scratch/hashes"; }
check "serial has a hash" grep -qE '^serial   [0-9a-f]{32}$' "$scratch/hashes"
check "planned has serial's" test "$(hash_of serial)" = "$(hash_of planned)"
check "hogwild runs" grep -qE '^hogwild  [0-9a-f]{32}$' "$scratch/hashes"

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
