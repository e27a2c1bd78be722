#!/bin/bash
# SIGINT and SIGTERM at any moment of a run: exit 130 and 143, a message, nothing half written, and
# with what the checkpoint holds the model of a run that nobody interrupted, however it goes on.
# shellcheck source=tests/faults/common.sh
. "$(dirname "$0")/common.sh"
"$S" generate ratings --samples 20000 --users 3000 --items 800 -o large
"$S" generate ratings --samples 60 --users 10 --items 8 -o tiny
awk 'BEGIN { for (i = 0; i < 7 * 1048576 / 2; i++) print i * 7919 % 60 }' >order
set -m # background jobs take SIGINT

epochs="$M --rank 8 --epochs 60 ../large"
inner="$M --rank 2 --epochs 2 --order file:../order ../tiny"
every="$inner --checkpoint-every 1"

# Stops a run at the given moment and lets it go on until it ends, stopped again at times.
signals=0 messages=0
interrupted() { # signal, its exit status, expected hash, length in µs, arguments …
    local signal=$1 status=$2 expected=$3 length=$4 code pid rounds; shift 4
    rm -rf stopped; mkdir stopped; cd stopped || return 1
    for ((rounds = 0; rounds < 6; rounds++)); do
        local resume=()
        next_way
        [[ ! -e c ]] || resume=(--resume c)
        # shellcheck disable=SC2086
        "$S" train "$@" $way "${resume[@]}" --checkpoint c -o m >out 2>err &
        pid=$!
        sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % (length * 2 / 3) % 1000000)))"
        kill -"$signal" $pid 2>/dev/null
        wait $pid 2>/dev/null
        code=$?
        [[ $code != 0 ]] || break
        signals=$((signals + 1))
        [[ $code == "$status" ]] || { echo "exit $code, expected $status"; cat err; return 1; }
        [[ -z $(temporaries .) ]] || { echo "left behind: $(temporaries .)"; return 1; }
        # One that comes while the data are read, or when all is written and told, ends the program as it
        # ends others: nothing is lost.
        if grep -q '^model ' out && ! { grep -q '^model hash' out && [[ -e m && ! -s err ]]; }; then
            messages=$((messages + 1))
            grep -q "^sequent: interrupted by SIG$signal" err || { echo "no message: $(cat err)"; return 1; }
            grep -q -e '--resume c' -e 'is written' err || { echo "not how to go on: $(cat err)"; return 1; }
            [[ -e c ]] || { echo "no checkpoint"; return 1; }
        fi
        [[ ! -e m || $(hash_of m) == "$expected" ]] || { echo "a model that is not the run's"; return 1; }
    done
    go_on "$expected" "$@"
}

series=${FAULTS_LONG:+40}
for run in "$epochs" "$inner" "$every"; do
    # shellcheck disable=SC2206
    arguments=($run)
    rm -rf reference; mkdir reference; cd reference || exit 2
    begin=${EPOCHREALTIME/./}
    "$S" train "${arguments[@]}" --checkpoint c -q -o m >/dev/null || exit 2
    length=$((${EPOCHREALTIME/./} - begin))
    expected=$(hash_of m)
    cd ..
    for ((i = 0; i < ${series:-2}; i++)); do
        for end in INT=130 TERM=143; do
            check "SIG${end%=*} to train $run, series $i" \
                interrupted "${end%=*}" "${end#*=}" "$expected" $length "${arguments[@]}"
            cd "$scratch" || exit 2
        done
    done
done
((messages)) || echo "faults: NOT TESTED: no signal came while steps ran; those below do"

# --- at a known place -----------------------------------------------------------------------------
# The signal comes with the write of a checkpoint inside an epoch; the run goes on in every mode.
modes=("--mode serial" "--planner auto" "--planner lanes" "--planner levels" "--planner components")
at_write() { # kind, status, how it begins, how it goes on
    local kind=$1 status=$2 first=$3 second=$4 code
    rm -rf placed; mkdir placed; cd placed || return 1
    # shellcheck disable=SC2086
    SEQUENT_FAULT=$kind-write:1 SEQUENT_FAULT_COUNT=../count "$P" train $every $first --checkpoint c >out 2>err
    code=$?
    [[ $code == "$status" && -e c ]] || { echo "exit $code"; cat err ../count; return 1; }
    # shellcheck disable=SC2086
    ends_in "$expected" $every $second --resume c --checkpoint c
}
before=$inside
for ((i = 0; i < 5; i++)); do
    for ((j = 0; j < 5; j++)); do
        kind=int status=130 first="${modes[i]} --threads $((i % 4 + 1))" second="${modes[j]} --threads $((j % 4 + 1))"
        (((i + j) % 2)) || kind=term status=143
        check "$kind, $first, then $second" at_write $kind $status "$first" "$second"
        cd "$scratch" || exit 2
    done
done
check "all of these went on inside an epoch" test $((inside - before)) == 25
echo "faults: signal $((signals + 25)) sent, $failed lost; $inside runs went on inside an epoch"

# --- the other commands ---------------------------------------------------------------------------
"$S" train $M --rank 8 --epochs 400 --lock lock -q large >out
verifying() {
    local delay code pid
    for delay in 0.4 0.2 0.1 0.05 0.02 0; do # the first that comes before the end
        "$S" verify lock >out 2>err &
        pid=$!
        sleep $delay
        kill -"$1" $pid 2>/dev/null
        wait $pid 2>/dev/null
        code=$?
        [[ $code == 0 ]] || break
    done
    [[ $code == "$2" ]] || { echo "exit $code"; cat out err; return 1; }
}
check "SIGINT to verify" verifying INT 130
check "SIGTERM to verify" verifying TERM 143
finish
