#!/bin/bash
# The rules of the house, from the include lines and from what the objects define and need.
# shellcheck source=tests/support/shell.sh
. "$(dirname "$0")/../support/shell.sh"

# --- floors ---------------------------------------------------------------------------------------
# A file includes only lower floors and its own folder. A public header lives in the folder of its
# subject. plan/ knows nothing but base/; only exec/ includes sync/. Prints what breaks this.
floors() { # folder that holds src and include
    (cd "$1" && grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' -r src include) | awk -F: '
    BEGIN {
        split("base 0 num 1 sync 1 data 2 plan 2 model 3 opt 4 exec 5 verify 6 analyze 6 cli 7", f, " ")
        for (i = 1; i in f; i += 2) floor[f[i]] = f[i + 1]
        split("status base random base data data order data generate data plan plan problem model " \
              "model model optimizer opt train exec bench exec hash verify lock verify trace verify checkpoint verify", h, " ")
        for (i = 1; i in h; i += 2) home["sequent/" h[i] ".h"] = h[i + 1]
        home["sequent.h"] = "cli"
    }
    {
        file = $1; line = $2
        match($0, /"[^"]*"/); target = substr($0, RSTART + 1, RLENGTH - 2)
        if (file ~ /^include\//) own = home[substr(file, 9)]
        else { split(file, part, "/"); own = part[2] }
        if (target in home) theirs = home[target]
        else { split(target, part, "/"); theirs = part[1] }
        why = ""
        if (!(own in floor)) why = "is in a folder without a floor"
        else if (!(theirs in floor)) why = "includes " target ", which has no floor"
        else if (own == theirs) why = ""
        else if (floor[theirs] >= floor[own])
            why = "floor " floor[own] " (" own ") includes " target " of floor " floor[theirs] " (" theirs ")"
        else if (own == "plan" && theirs != "base") why = "plan includes " target
        else if (theirs == "sync" && own != "exec") why = own " includes " target
        if (file ~ /^include\// && target !~ /^sequent\//) why = "a public header includes " target
        if (why != "") print file ":" line ": " why
    }'
}
check "every file includes lower floors and its own folder" silent floors .

# The rule must see what breaks it: one seeded breach of each kind.
breach() { # folder of the file, what it includes, what is said
    rm -rf "$scratch/house"; mkdir -p "$scratch/house/include/sequent" "$scratch/house/src/$1"
    echo "#include \"$2\"" >"$scratch/house/src/$1/file.c"
    floors "$scratch/house" | grep -q "$3"
}
check "a breach is seen: data includes model" breach data model/kind.h "floor 2 (data) includes model"
check "a breach is seen: num includes sync, of the same floor" breach num sync/team.h "of floor 1 (sync)"
check "a breach is seen: plan includes data" breach plan sequent/data.h "of floor 2 (data)"
check "a breach is seen: plan includes num" breach plan num/exp.h "plan includes num"
check "a breach is seen: verify includes sync" breach verify sync/team.h "verify includes sync"
check "a breach is seen: base includes a public header of plan" breach base sequent/plan.h "of floor 2 (plan)"
check "a breach is seen: exec includes sequent.h" breach exec sequent.h "of floor 7 (cli)"
check "a breach is seen: an unknown folder" breach attic base/alloc.h "without a floor"
clean() { ! breach exec sync/team.h . && ! breach exec sequent/problem.h . && ! breach cli sequent.h .; }
check "what is allowed is not accused" clean

# --- single files ---------------------------------------------------------------------------------
includes() { grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$1[>\"]" src include; }
pthread_elsewhere() { includes pthread.h | grep -v '^src/sync/'; }
check "pthread.h is included in src/sync alone" silent pthread_elsewhere
at_most_two() { [[ $(includes xxhash.h | wc -l) -le 2 ]] || includes xxhash.h; }
check "xxhash.h is included in at most two files" silent at_most_two
long_files() { find src include -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 400'; }
check "no file is longer than 400 lines" silent long_files
no_reason() { # a file opens with a comment
    find src include -name '*.[ch]' | while read -r f; do
        [[ $(head -c 3 "$f") == "/* " ]] || echo "$f: does not begin with a comment"
    done
}
check "every file opens with a comment" silent no_reason
machine_paths() {
    grep -rnE '(^|[^.a-z])/(work|farm|home|root)/' src include tests bench doc proofs README.md Makefile .ci \
        --include='*.[ch]' --include='*.md' --include='Makefile' --include='*.v' 2>/dev/null
}
check "no file names a folder of one machine" silent machine_paths

for header in include/sequent.h include/sequent/*.h; do
    name=${header#include/}
    check "$name compiles alone as C11" $CC -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror \
        -Iinclude -fsyntax-only -x c "$header"
    check "$name compiles alone as C++" g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude \
        -fsyntax-only -x c++ "$header"
    guarded() { grep -q 'extern "C"' "$1" || ! grep -q 'SQ_API' "$1"; }
    check "$name has C linkage in C++" guarded "$header"
done

# --- what the library defines and needs -----------------------------------------------------------
exported() {
    nm -D --defined-only "$B/libsequent.so" | awk '{ print $NF }' | grep -vE '^(sq_|_init$|_fini$)'
}
inner() { nm -g --defined-only "$B/libsequent.a" | awk 'NF == 3 { print $3 }' | grep -vE '^(sqi?_|__odr_asan\.)'; }
undeclared() { # exported functions that no public header declares, and the reverse
    nm -D --defined-only "$B/libsequent.so" | awk '$2 == "T" { print $3 }' | grep '^sq_' | sort >"$scratch/so"
    sed -n '/SQ_API/,/;/p' include/sequent/*.h | grep -oE '\bsq_[a-z_0-9]+\(' | tr -d '(' | sort -u >"$scratch/headers"
    comm -3 "$scratch/so" "$scratch/headers"
}
libm() {
    local m
    m=$($CC -print-file-name=libm.so.6)
    nm -D --defined-only "$m" | awk '{ sub(/@.*/, "", $NF); print $NF }' | grep -vE '^_|GLIBC' | sort -u >"$scratch/libm"
    [[ $(wc -l <"$scratch/libm") -gt 200 ]] || echo "libm's names were not found in $m"
    nm -u "$B/libsequent.a" | awk 'NF == 2 && $2 != "sqrt" { print $2 }' | sort -u | comm -12 - "$scratch/libm"
}
prints_or_exits() {
    nm -A -u "$B/libsequent.a" | grep -wE '(stdout|stderr|printf|puts|putchar|perror|_*exit|abort|_Exit|__printf_chk)$'
}
other_seams() { # who allocates besides base/alloc.c
    nm -A -u "$B/libsequent.a" | grep -wE '(malloc|calloc|realloc|aligned_alloc|posix_memalign|memalign|strdup|strndup)$' |
        grep -v ':alloc.o:'
}
state() { # writable sections that are not empty
    size -A "$B/libsequent.a" | awk '/:$/ || /^[a-z_]+\.o/ { object = $1 }
        ($1 == ".data" || $1 == ".bss" || $1 == ".tdata" || $1 == ".tbss") && $2 > 0 { print object, $1, $2 }'
}
check "only sq_ and sqi_ names are global in the archive" silent inner
if [[ -z $SANITIZED ]]; then
    check "the shared library exports sq_ names alone" silent exported
    check "what the headers declare is what the shared library exports" silent undeclared
    check "the library needs no function of libm but sqrt, where the compiler calls it" silent libm
    check "the library neither prints nor exits" silent prints_or_exits
    check "the library allocates through base/alloc alone" silent other_seams
    check "the library has no global state" silent state
else
    echo "note: an instrumented build: what the library needs and exports is not looked at"
fi

# --- form -----------------------------------------------------------------------------------------
formatter=$(command -v clang-format-14 || command -v clang-format)
if [[ -n $formatter ]]; then
    unformatted() {
        find src include tests bench proofs -name '*.[ch]' -exec "$formatter" --dry-run {} + 2>&1 |
            grep -oE '^[^:]+:[0-9]+' | sort -u | awk -F: '!met[$1]++'
    }
    check "all C files have the form of .clang-format" silent unformatted
else
    echo "NOTE: clang-format is not installed: the form of the files was not checked"
fi

finish
