#!/bin/bash
# SIGKILL at every write, fsync and rename of runs that write checkpoints, and from outside at any
# moment; what is left leads to the model of a run that nobody killed.
# shellcheck source=tests/faults/common.sh
. "$(dirname "$0")/common.sh"
"$S" generate ratings --samples 3000 --users 1500 --items 400 -o small
"$S" generate ratings --samples 60 --users 10 --items 8 -o tiny
awk 'BEGIN { for (i = 0; i < 5 * 1048576 / 4; i++) print i * 7919 % 60 }' >order
"$S" generate ratings --samples 20000 --users 3000 --items 800 -o large

# --- at every call --------------------------------------------------------------------------------
# Nothing but whole files of the earlier or of this run, and temporary ones.
only_whole() { # folder of the whole run; in the folder of the killed one, beside ../earlier
    local f
    for f in *; do
        case $f in
        data | order | *.tmp) continue ;;
        c) "$S" train "${run[@]}" --resume c -q >went 2>&1 || { echo "checkpoint: $(head -n 2 went)"; return 1; } ;;
        *) cmp -s "$f" "$1/$f" || cmp -s "$f" "../earlier/$f" || { echo "$f is neither earlier nor complete"; return 1; } ;;
        esac
    done
}
# Killed at the k-th call, then twice on: with what is left lying around, and again from the result.
killed_at() { # k; run: the arguments
    local expected code; expected=$(hash_of ../whole/m)
    SEQUENT_FAULT=kill:$1 SEQUENT_FAULT_COUNT=../count "$P" train "${run[@]}" --lock l --checkpoint c -o m >out 2>&1
    code=$?
    [[ $code == 137 ]] || { [[ $code == 0 ]] && grep -q '^struck 0' ../count && return 3; echo "exit $code"; head -n 5 out; return 1; }
    rm -f out
    only_whole "$PWD/../whole" || return 1
    local left; left=$(temporaries .)
    go_on "$expected" "${run[@]}" --lock l || return 1
    rm -f went
    cmp l ../whole/l || return 1
    [[ $(temporaries .) == "$left" ]] || { echo "other temporary files than before: $(temporaries .)"; return 1; }
}
kills=0
every_kill() { # name, earlier files or not, arguments …
    local name=$1 earlier=$2 k code; shift 2
    run=("$@")
    rm -rf whole earlier; mkdir whole earlier
    cp "$name" whole/data; cp "$name" earlier/data
    [[ $name != tiny ]] || { cp order whole; cp order earlier; }
    (cd whole && "$S" train "${run[@]}" --lock l --checkpoint c -o m >/dev/null) || return 1
    [[ $earlier == no ]] || (cd earlier && "$S" train "${run[@]}" --seed 9 --lock l -o m >/dev/null) || return 1
    for ((k = 1; ; k++)); do
        rm -rf killed; cp -r earlier killed; cd killed || return 1
        killed_at $k >../why 2>&1
        code=$?
        cd ..
        [[ $code != 3 ]] || break
        kills=$((kills + 1))
        check "killed at call $k of train ${run[*]} ($earlier earlier files)" eval "cat why; ((code == 0))"
    done
}
T="$M --rank 8"
# shellcheck disable=SC2086
{
    every_kill small no $T --epochs 3 --threads 2 --planner lanes data
    every_kill small some $T --epochs 2 --order reshuffle --mode serial data
    every_kill tiny no $M --rank 2 --epochs 2 --order file:order --checkpoint-every 1 --threads 2 --planner levels data
    every_kill tiny some $M --rank 2 --epochs 1 --order file:order --checkpoint-every 1 --mode serial data
}
check "there were such kills" test $kills -ge 60
check "runs went on inside an epoch" test $inside -ge 10
echo "faults: kill   $kills injected at writes, fsyncs and renames, $failed lost; $inside runs went on inside an epoch"

# --- files that a killed run left -----------------------------------------------------------------
# Another process may get the number of a killed one, whose temporary file has the first name.
same_number() {
    rm -rf left; mkdir left; cd left || return 1
    (for f in m l c; do echo rest >$f.$BASHPID-0.tmp; done
     exec "$S" train $M --rank 2 --epochs 2 --lock l --checkpoint c -o m ../tiny) >out 2>&1 || { cat out; return 1; }
    cd ..
    [[ $(cat left/*.tmp | sort | uniq -c | tr -s ' ') == ' 3 rest' ]] && "$S" verify left/l
}
check "temporary files with the numbers of this process" same_number

# --- from outside ---------------------------------------------------------------------------------
# Again and again, going on each time, until a run ends.
# shellcheck disable=SC2206
run=($M --rank 8 --epochs 60 --lock l ../large)
mkdir reference; cd reference || exit 2
begin=${EPOCHREALTIME/./}
"$S" train "${run[@]}" --checkpoint c -q -o m >/dev/null || exit 2
length=$((${EPOCHREALTIME/./} - begin)) # µs
expected=$(hash_of m)
cd ..
moments=0
until_done() {
    local code pid rounds
    rm -rf outside; mkdir outside; cd outside || return 1
    for ((rounds = 0; rounds < 12; rounds++)); do
        local resume=()
        next_way
        [[ ! -e c ]] || resume=(--resume c)
        # shellcheck disable=SC2086
        "$S" train "${run[@]}" $way "${resume[@]}" --checkpoint c -o m >out 2>&1 &
        pid=$!
        sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % (length * 2 / 3) % 1000000)))"
        kill -KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
        code=$?
        [[ $code != 0 ]] || break
        [[ $code == 137 ]] || { echo "exit $code"; head -n 3 out; return 1; }
        moments=$((moments + 1))
        [[ ! -e m || $(hash_of m) == "$expected" ]] || { echo "a model that is not the run's"; return 1; }
    done
    cd ..
    (cd outside && go_on "$expected" "${run[@]}") && cmp outside/l reference/l
}
series=${FAULTS_LONG:+200}
for ((i = 0; i < ${series:-6}; i++)); do
    check "killed from outside, series $i" until_done
    cd "$scratch" || exit 2
done
((moments)) || echo "faults: NOT TESTED: every run ended before it was killed"
echo "faults: kill   $moments from outside at any moment of $((length / 1000)) ms, $failed lost in all"
finish
