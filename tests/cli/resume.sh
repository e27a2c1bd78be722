#!/bin/bash
# Checkpoints, signals and --resume, as a user meets them: what goes on ends in the same model.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 20000 --users 900 --items 600 -o ratings
"$S" generate linear --samples 3000 --features 900 --nonzeros 6 -o rows
M="--model matrix-completion"
data_of() { [[ $1 == matrix-completion ]] && echo ratings || echo rows; }

# --- from a shorter run ---------------------------------------------------------------------------
goes_on() { # arguments of train, the data last …
    done_with train -q --epochs 5 --lock whole.lock -o whole "$@" || return 1
    for epochs in 0 1 3 5; do
        rm -f c; done_with train -q --epochs $epochs --checkpoint c "$@" || return 1
        [[ $epochs == 0 ]] && { [[ ! -e c ]] || return 1; continue; }
        for how in "--mode serial" "--threads 3 --planner lanes" "--threads 2 --planner levels --check-plan"; do
            # shellcheck disable=SC2086
            done_with train -q --epochs 5 $how --resume c --lock part.lock -o part "$@" &&
                cmp whole.lock part.lock && cmp whole part || { echo "$epochs, $how"; return 1; }
        done
    done
}
for m in svm logistic least-squares matrix-completion; do
    for order in shuffle reshuffle replacement; do
        [[ $order == shuffle || $m == matrix-completion || $m == svm ]] &&
            check "$m, $order" goes_on --model $m --order $order "$(data_of $m)"
    done
done
seq 0 2 19998 >pi
check "an order file, regularisation, another seed" goes_on --model matrix-completion --order file:pi --l2 0.1 --seed 5 ratings
check "bias" goes_on --model svm --bias rows
says_so() { # shellcheck disable=SC2086
    done_with train $M --epochs 2 --checkpoint c ratings && done_with train $M --epochs 3 --resume c ratings &&
        grep -q '^resumed    after epoch 2, step 0' "$out"; }
check "it says where it goes on" says_so
chained() { # the same file for both: each epoch a run of its own
    # shellcheck disable=SC2086
    done_with train $M --epochs 1 -q --checkpoint c ratings || return 1
    for e in 2 3 4 5; do
        # shellcheck disable=SC2086
        done_with train $M --epochs $e -q --resume c --checkpoint c --lock part.lock ratings || return 1
    done
    # shellcheck disable=SC2086
    done_with train $M --epochs 5 -q --lock whole.lock ratings && cmp part.lock whole.lock
}
check "from its own checkpoint again and again" chained
moved_order() { # shellcheck disable=SC2086
    done_with train $M --epochs 1 -q --order file:pi --checkpoint c ratings && mkdir -p d && cp pi d/pi &&
        done_with train $M --epochs 2 -q --order file:d/pi --resume c ratings; }
check "the order file may have moved" moved_order
verified() { done_with verify part.lock; }
check "the lock of a resumed run verifies" verified

# --- inside an epoch ------------------------------------------------------------------------------
# A signal ends the run at the next end of a segment; the checkpoint that it leaves is then inside an
# epoch, where the order is long.
"$S" generate ratings --samples 1300000 --users 20000 --items 9000 -o long
set -m
interrupted() { # signal, status, arguments …
    local signal=$1 expected=$2; shift 2
    rm -f c part.lock
    "$S" train $M -q --epochs 2 --checkpoint c --checkpoint-every 1 --lock part.lock "$@" long >o 2>"$err" &
    local pid=$!
    for _ in $(seq 600); do [[ -e c ]] && break; sleep 0.02; done
    kill -"$signal" $pid; wait $pid
    local code=$?
    [[ $code == 0 ]] && return 0 # it was faster
    same $code "$expected" && [[ ! -e part.lock ]] && grep -q "interrupted by SIG$signal; c holds where to go on" "$err" &&
        grep -q -- "--resume c" "$err"
}
"$S" train $M -q --epochs 2 --lock whole.lock long >o
# shellcheck disable=SC2086
ends_the_same() { [[ -e part.lock ]] || done_with train $M -q --epochs 2 --resume c --lock part.lock "$@" long && cmp part.lock whole.lock; }
check "SIGTERM inside an epoch: 143" interrupted TERM 143 --threads 2 --planner lanes
check "… goes on serially" ends_the_same --mode serial
check "SIGINT inside an epoch: 130" interrupted INT 130 --mode serial
check "… goes on on three threads" ends_the_same --threads 3 --planner lanes
without() { # no checkpoint asked for: the message does not promise one
    "$S" train $M -q --epochs 100000 -o m ratings >o 2>"$err" &
    local pid=$!; sleep 0.5; kill -TERM $pid; wait $pid
    same $? 143 && grep -q "interrupted by SIGTERM" "$err" && ! grep -q resume "$err" && [[ ! -e m ]]
}
check "SIGTERM without a checkpoint" without
verify_interrupted() {
    sed 's/"epochs": "[0-9]*"/"epochs": "2"/' whole.lock >long.lock
    "$S" verify long.lock >o 2>"$err" & local pid=$!
    sleep 0.3; kill -INT $pid; wait $pid; local code=$?
    [[ $code == 130 || $code == 0 ]]
}
check "SIGINT ends verify" verify_interrupted
killed() { # kill -9 at any moment: whatever checkpoint is there is whole
    # shellcheck disable=SC2086
    done_with train $M -q --epochs 12 --lock whole.lock ratings || return 1
    for pause in 0.05 0.1 0.15 0.2; do
        rm -f c
        # shellcheck disable=SC2086
        "$S" train $M -q --epochs 200000 --checkpoint c ratings >o 2>&1 & local pid=$!
        sleep $pause; kill -KILL $pid; wait $pid 2>/dev/null
        [[ -e c ]] || continue
        # shellcheck disable=SC2086
        run train $M -q --epochs 12 --resume c --lock part.lock ratings
        if [[ $status == 2 ]]; then grep -q "beyond --epochs 12" "$err" || return 1; continue; fi
        [[ $status == 0 ]] && cmp part.lock whole.lock || return 1
    done
}
check "kill -9" killed
set +m

# --- what contradicts -----------------------------------------------------------------------------
# shellcheck disable=SC2086
"$S" train $M -q --epochs 2 --checkpoint c ratings >o
"$S" train --model svm -q --epochs 2 --checkpoint c2 rows >o
"$S" generate ratings --samples 20000 --users 900 --items 600 --seed 2 -o other
contradicts() { # what is named, arguments …
    local what=$1; shift
    refused "the checkpoint is of another run: $what differ" train --json "$@"
}
# shellcheck disable=SC2086
{
    check "--rank" contradicts --rank $M --rank 8 --resume c ratings
    check "--seed" contradicts --seed $M --seed 2 --resume c ratings
    check "--l2" contradicts --l2 $M --l2 1 --resume c ratings
    check "--step" contradicts --step $M --step 0.5 --resume c ratings
    check "--step-decay" contradicts --step-decay $M --step-decay 0.5 --resume c ratings
    check "--order" contradicts --order $M --order reshuffle --resume c ratings
    check "--order file" contradicts --order $M --order file:pi --resume c ratings
    check "the data" contradicts "the data" $M --resume c other
    check "--model" contradicts --model --model logistic --resume c2 rows
    check "--bias" contradicts --bias --model svm --bias --resume c2 rows
    check "--mode" refused "the checkpoint is of another run: --mode differs: .* serial, not of hogwild" \
        train --json $M --mode hogwild --resume c ratings
    check "fewer epochs" refused "2 epochs on, beyond --epochs 1" train --json $M --epochs 1 --resume c ratings
    check "what is no checkpoint" refused "ratings: not a checkpoint" train --json $M --resume ratings ratings
    check "no checkpoint" refused "nowhere: .*No such file" train --json $M --resume nowhere ratings
    check "no place for one, found before training" refused "none/c: .*No such file" train --json $M --checkpoint none/c ratings
}
# --- hogwild: it goes on in hogwild alone, and never into a lock ----------------------------------
# shellcheck disable=SC2086
{
    "$S" train $M -q --mode hogwild --threads 1 --epochs 2 --checkpoint h ratings >o
    for mode in planned serial; do
        check "from hogwild to $mode" refused "--mode differs: .* hogwild, not of $mode" \
            train --json $M --mode $mode --epochs 3 --resume h --checkpoint h --lock h.lock ratings
    done
    check "from hogwild to hogwild, with a lock" refused "--lock: hogwild" \
        train --json $M --mode hogwild --epochs 3 --resume h --lock h.lock ratings
    check "from hogwild to hogwild" done_with train -q $M --mode hogwild --epochs 3 --resume h --checkpoint h ratings
    check "… and again" done_with train -q $M --mode hogwild --epochs 4 --resume h ratings
    check "no lock was written" test ! -e h.lock
}
same_checkpoints() { # shellcheck disable=SC2086
    done_with train -q $M --epochs 2 --mode serial --checkpoint a ratings &&
        done_with train -q $M --epochs 2 --planner lanes --threads 3 --checkpoint b ratings && cmp a b; }
check "planned and serial write the same checkpoint" same_checkpoints
promises_no_more() { # the message on a signal
    # shellcheck disable=SC2086
    "$S" train $M -q --mode hogwild --epochs 100000 --checkpoint h ratings >o 2>"$err" &
    local pid=$!; for _ in $(seq 600); do [[ -e h ]] && break; sleep 0.02; done
    kill -TERM $pid; wait $pid
    same $? 143 && grep -q -- "--resume h goes on from there" "$err" && ! grep -q "same model" "$err"
}
rm -f h
check "hogwild's message promises no bits" promises_no_more

cut_checkpoint() {
    for n in 0 1 8 16 500 $(($(stat -c %s c) - 1)); do
        # shellcheck disable=SC2086
        head -c "$n" c >cut && refused "^sequent: cut: " train --json $M --resume cut ratings || return 1
    done
}
check "a checkpoint that is cut" cut_checkpoint
kept() { # a run that fails leaves the earlier checkpoint
    # shellcheck disable=SC2086
    cp c kept && run train $M --step 1e30 --checkpoint kept ratings && [[ $status == 2 ]] && cmp c kept
}
check "a run that diverges leaves the earlier checkpoint" kept
full() { # shellcheck disable=SC2086
    refused "/dev/full: .*No space" train --json $M --checkpoint /dev/full ratings; }
check "a full disk" full

finish
