#!/bin/bash
# --optimizer, --l2-form and --step theory:E, as a user meets them.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 20000 --users 900 --items 600 -o ratings
"$S" generate linear --samples 3000 --features 900 --nonzeros 6 -o rows
data_of() { [[ $1 == matrix-completion ]] && echo ratings || echo rows; }
models="svm logistic least-squares matrix-completion"

# --- the same bits --------------------------------------------------------------------------------
twins() { # arguments of train, the data last …
    local want
    want=$(model_hash --mode serial --epochs 3 "$@") && hex "$want" || return 1
    for how in "--planner lanes --threads 2" "--planner lanes --threads 5" "--planner levels --threads 3" \
        "--planner components --threads 2" "--planner auto"; do
        # shellcheck disable=SC2086
        same "$(model_hash $how --check-plan --epochs 3 "$@")" "$want" || { echo "$how"; return 1; }
    done
    run train -q --mode hogwild --threads 2 --epochs 3 "$@"
    [[ $status == 0 ]] || { echo "hogwild: exit $status: $(cat "$err")"; return 1; }
}
for m in $models; do
    for o in svrg saga; do
        check "$m, $o: serial, planned, hogwild" twins --model $m --optimizer $o "$(data_of $m)"
        check "$m, $o, exact L2" twins --model $m --optimizer $o --l2 2 --l2-form exact --order replacement "$(data_of $m)"
        check "$m, $o, L2 by degree" twins --model $m --optimizer $o --l2 0.1 "$(data_of $m)"
    done
    for s in constant epoch-decay inverse inverse-sqrt; do
        check "$m, sgd, exact L2, $s" twins --model $m --l2 2 --l2-form exact --schedule $s --order reshuffle "$(data_of $m)"
    done
done
others() { # options that change the model
    local a b
    a=$(model_hash --model logistic rows "$@") b=$(model_hash --model logistic rows) && differ "$a" "$b"; }
check "svrg is another model" others --optimizer svrg
check "saga is another model" others --optimizer saga
check "exact L2 is another model" others --l2 2 --l2-form exact
forms() { differ "$(model_hash --model logistic --l2 2 rows)" "$(model_hash --model logistic --l2 2 --l2-form exact rows)"; }
check "the forms of L2 are two" forms
no_l2() { same "$(model_hash --model logistic --l2-form exact rows)" "$(model_hash --model logistic rows)"; }
check "exact L2 of weight 0 is none" no_l2
named() { same "$("$S" train --json -q --model svm --optimizer svrg --l2 1 --l2-form exact rows >"$out" && "$scratch/json" "$out" optimizer && "$scratch/json" "$out" l2_form | tr -d '\n')" "svrg
exact"; }
check "the report names both" named

# --- locks and checkpoints ------------------------------------------------------------------------
verified() { # arguments of train, the data last …
    done_with train -q --epochs 3 --lock lock "$@" && done_with verify --threads 3 --planner lanes lock &&
        grep -q "verified: the same model" "$out"; }
check "a lock of svrg verifies" verified --model svm --optimizer svrg rows
check "a lock of saga verifies" verified --model matrix-completion --optimizer saga ratings
check "a lock of exact L2 verifies" verified --model logistic --l2 2 --l2-form exact rows
form_in_lock() { grep -q '"l2_form": "exact"' lock && done_with train -q --model svm --l2 1 --lock lock rows && ! grep -q l2_form lock; }
check "the form is in the lock where it is exact" form_in_lock
goes_on() { # arguments of train, the data last …
    done_with train -q --epochs 5 --lock whole.lock -o whole "$@" && done_with train -q --epochs 2 --checkpoint c "$@" &&
        done_with train -q --epochs 5 --threads 3 --planner lanes --resume c --lock part.lock -o part "$@" &&
        cmp whole.lock part.lock && cmp whole part
}
for o in svrg saga; do
    check "$o goes on from a checkpoint" goes_on --model svm --optimizer $o rows
    check "$o goes on, replacement" goes_on --model matrix-completion --optimizer $o --order replacement ratings
done
check "exact L2 goes on from a checkpoint" goes_on --model logistic --l2 2 --l2-form exact --schedule inverse rows
contradicts() { # pattern, options
    local pattern=$1; shift
    done_with train -q --model logistic --epochs 1 --l2 1 --optimizer saga --checkpoint c rows &&
        refused "$pattern" train --model logistic --epochs 2 --l2 1 --resume c rows "$@"; }
check "another optimiser does not go on" contradicts "--optimizer differs" --optimizer svrg
check "another form does not go on" contradicts "--l2-form differs" --optimizer saga --l2-form exact
traced() { done_with train -q --model svm --optimizer saga --trace a rows &&
    done_with train -q --model svm --optimizer saga --planner lanes --threads 3 --trace b rows && done_with bisect a b; }
check "traces of serial and planned are the same" traced

# --- theory's step --------------------------------------------------------------------------------
theory() { # the step of the JSON, by hand: ε m / (2 M²)
    printf '+1 1:3 2:4\n-1 1:1\n+1 2:-2\n-1\n' >four
    local step
    step=$(field step train --model "$1" --l2 0.5 --l2-form exact --step theory:0.1 four) || return 1
    awk -v step="$step" -v f="$2" 'BEGIN { m = 2 * 0.5 / 4; M = 5 + m * sqrt(f * 4 / 0.5);
        want = 0.1 * m / (2 * M * M); exit !(step > want * (1 - 1e-12) && step < want * (1 + 1e-12)) }' || { echo "$step"; return 1; }
}
check "theory's step, svm" theory svm 1
check "theory's step, logistic" theory logistic 0.693147180559945309
steady() { field step_decay train --model svm --l2 1 --l2-form exact --step theory:0.1 rows | grep -qx "1\(\.0\)\?"; }
check "theory's step does not decay" steady
check "a lock of theory's step verifies" verified --model svm --l2 1 --l2-form exact --step theory:0.5 rows
last_step() { same "$(model_hash --model svm --step theory:1 --step 0.01 rows)" "$(model_hash --model svm --step 0.01 rows)"; }
check "of two steps the last one holds" last_step

# --- refusals -------------------------------------------------------------------------------------
t() { local p=$1; shift; refused "$p" train "$@"; }
check "an unknown optimiser" t "--optimizer: found 'adam', expected sgd, svrg or saga" --model svm --optimizer adam rows
check "an unknown form" t "--l2-form: found 'l1'" --model svm --l2-form l1 rows
for s in inverse inverse-sqrt; do
    check "svrg with $s" t "svrg needs the same step size.*not $s" --model svm --optimizer svrg --schedule $s rows
done
check "too large an exact L2" t "exact L2 needs 1 - 2 .* above 0: the step size 1 of epoch 1" \
    --model svm --step 1 --l2 1500 --l2-form exact rows
check "… in a later epoch" t "of epoch 3 is too large" --model svm --step 1 --step-decay 2 --l2 500 --l2-form exact rows
check "checkpoints within an epoch, svrg" t "--checkpoint-every: svrg" --model svm --optimizer svrg --checkpoint c \
    --checkpoint-every 1000 rows
check "checkpoints within an epoch, exact L2" t "--checkpoint-every: exact L2" --model svm --l2 1 --l2-form exact \
    --checkpoint c --checkpoint-every 1000 rows
for e in 0 -1 x '' 1x; do
    check "--step theory:$e" t "^sequent: --step" --model svm --l2 1 --l2-form exact --step "theory:$e" rows
done
check "theory without exact L2" t "--step theory:E is for" --model svm --step theory:0.1 --l2 1 rows
check "theory without L2" t "--step theory:E is for" --model svm --step theory:0.1 --l2-form exact rows
check "theory with svrg" t "--step theory:E is for" --model svm --step theory:0.1 --l2 1 --l2-form exact --optimizer svrg rows
for m in least-squares matrix-completion; do
    check "theory for $m" t "bounded gradients of a convex function.*not $m" --model $m --step theory:0.1 --l2 1 \
        --l2-form exact "$(data_of $m)"
done
warned() { run train --model svm --optimizer saga rows; [[ $status == 0 ]] && grep -q "saga in the order shuffle" "$err" &&
    run train --model svm --optimizer saga --order replacement rows && [[ $status == 0 && ! -s $err ]]; }
check "saga in a fixed order warns" warned

# --- bench ----------------------------------------------------------------------------------------
benched() { done_with bench -q --json --rounds 1 --threads 2 --model svm --optimizer "$1" --l2 1 --l2-form exact rows; }
for o in sgd svrg saga; do check "bench, $o" benched $o; done
finish
