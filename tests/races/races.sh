#!/bin/bash
# Under ThreadSanitizer a race in each kernel must be reported, and none in an honest run.
# Environment: B, the build directory; CC; SANITIZED.
set -u
B=${B:-build} CC=${CC:-gcc}
if ! nm "$B/libsequent.a" 2>/dev/null | grep -q __tsan_write; then
    echo "0 passed, 0 failed (only a build for ThreadSanitizer can see races)"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
result() { # 0: as it should be; description
    if [[ $1 == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $2"; tail -n 5 "$scratch/out"; fi
}

$CC -O1 -g -fsanitize=thread -std=c11 -D_GNU_SOURCE -Iinclude tests/races/seeded_race.c -o "$scratch/race" \
    "$B/libsequent.a" -lxxhash -lz -ljansson -lmd -lm -pthread >"$scratch/out" 2>&1
result $? "the program builds"
for model in svm "svm 5" logistic "logistic 5" least-squares matrix-completion graph-cut mlp; do
    seen=1
    for _ in 1 2 3 4 5; do # two threads need not meet every time
        # shellcheck disable=SC2086
        TSAN_OPTIONS="exitcode=66 halt_on_error=1" "$scratch/race" $model >"$scratch/out" 2>&1
        [[ $? == 66 ]] && grep -q "data race" "$scratch/out" && { seen=0; break; }
    done
    result $seen "a race in the kernel of $model is reported"
done

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
