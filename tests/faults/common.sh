# shellcheck shell=bash
# What the shell tests of this folder share. Environment: B: the build directory; FAULTY: the one of
# the instrumented build with faults/sequent; FAULTS_LONG: more of everything that is random.
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/shell.sh"
S=$(cd "${B:?}" && pwd)/sequent P=$(cd "${FAULTY:?}" && pwd)/faults/sequent
[[ -x $S && -x $P ]] || { echo "no $S or no $P" >&2; exit 2; }
cd "$scratch" || exit 2
export ASAN_OPTIONS=exitcode=99:detect_leaks=0 UBSAN_OPTIONS=exitcode=99
M="--model matrix-completion"

# How a run goes on, differently every time: the modes and planners with 1 to 4 threads.
turn=0
next_way() {
    local ways=("--mode serial" "--planner lanes" "--planner levels" "--planner components" "--planner auto")
    way="${ways[turn % 5]} --threads $((turn / 5 % 4 + 1))"
    turn=$((turn + 1))
}

inside=0 # resumed runs that began inside an epoch

hash_of() { "$S" hash "$1" | cut -d ' ' -f 1; }
temporaries() { find "$1" -name '*.tmp'; }

# The model of the folder's run: the same as an uninterrupted one's.
ends_in() { # expected hash, arguments of train -o m …
    local expected=$1 found; shift
    rm -f m
    "$S" train "$@" -q -o m >went 2>&1 || { echo "train $*: exit $?"; head -n 3 went; return 1; }
    ! grep -q '^resumed.*step [1-9]' went || inside=$((inside + 1))
    found=$(hash_of m)
    [[ $found == "$expected" ]] || { echo "train $*: $found instead of $expected"; return 1; }
}

# In the current folder: on from checkpoint c where there is one, else from the beginning.
go_on() { # expected hash, arguments of train …
    local resume=()
    next_way
    [[ ! -e c ]] || resume=(--resume c)
    # shellcheck disable=SC2086
    ends_in "$@" $way "${resume[@]}" --checkpoint c
}
