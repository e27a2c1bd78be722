#!/bin/bash
# Networks as a user trains them: every way to run, evaluation, prediction, lock, trace, checkpoint,
# plan, bench, and what is refused.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
# Five labels, which the features with the label's remainder tell; every tenth row has no entry.
awk 'function below(n) { seed = (seed * 16807) % 2147483647; return seed % n }
    BEGIN { seed = 7; for (i = 0; i < 1500; i++) {
        label = below(5); line = label == 4 ? -1.5 : label
        for (f = 1; f <= 60 && i % 10; f++)
            if (below(4) == 0) line = line " " 3 * f ":" (f % 5 == label ? 1 : 0) + below(100) / 100
        print line } }' >rows
head -n 1200 rows >train.svm; tail -n 300 rows >test.svm
cat train.svm | sed '7s/ [0-9]*:[0-9.]*/ 3:77/' >flipped.svm
seq 1199 -3 0 >pi
N="--model mlp --hidden 50 --keep 0.1"

# --- the same bits, however it ran ----------------------------------------------------------------
one_hash() { # arguments
    local want; want=$(model_hash --mode serial "$@") && hex "$want" || return 1
    for how in "" "--threads 1" "--planner lanes --threads 2" "--planner lanes --threads 5 --check-plan" \
        "--planner levels --threads 3" "--planner components --threads 8" "--planner auto --threads 4"; do
        # shellcheck disable=SC2086
        same "$(model_hash $how "$@")" "$want" || { echo "$how"; return 1; }
    done
}
for o in shuffle reshuffle sequential replacement file:pi; do
    # shellcheck disable=SC2086
    check "one hash for every way to run: --order $o" one_hash $N --epochs 3 --order $o train.svm
done
for l in "--hidden 1 --keep 1" "--hidden 300 --keep 0.000001" "--hidden 20,10 --keep 0.2" "--hidden 30,20,10 --keep 0.05" "--hidden 40 --keep 1"; do
    # shellcheck disable=SC2086
    check "one hash: $l" one_hash --model mlp $l --epochs 2 --seed 18446744073709551615 train.svm
done
seeds() { # shellcheck disable=SC2086
    differ "$(model_hash $N train.svm)" "$(model_hash $N --seed 2 train.svm)"; }
check "another seed, another model" seeds
hogwild() { # shellcheck disable=SC2086
    hex "$(model_hash $N --mode hogwild --threads 2 train.svm)"; }
check "hogwild" hogwild
schedules() { # shellcheck disable=SC2086
    for s in constant inverse inverse-sqrt; do
        same "$(model_hash $N --schedule $s --threads 3 train.svm)" "$(model_hash $N --schedule $s --mode serial train.svm)" || return 1
    done
}
check "schedules" schedules
why() { done_with train --model mlp --hidden 50 --keep 0.5 --threads 2 train.svm && grep -q "run serially, too many steps train a unit in common" "$out"; }
check "where batches vanish it runs serially and says why" why

# --- what it learned ------------------------------------------------------------------------------
learns() {
    done_with train --model mlp --hidden 100 --keep 0.2 --epochs 15 --json -q --test test.svm -o m train.svm || return 1
    awk -v metric="$(./json "$out" epochs.14.test_metric)" 'BEGIN { exit !(metric > 0.65) }' || { ./json "$out" epochs.14.test_metric; return 1; }
    local metric loss; metric=$(./json "$out" epochs.14.test_metric) loss=$(./json "$out" epochs.14.test_loss)
    same "$(field metric eval m test.svm) $(field loss eval m test.svm)" "$metric $loss" && same "$(field metric_name eval m test.svm)" accuracy
}
check "it learns; eval repeats --test" learns
predictions() {
    done_with predict m test.svm || return 1
    awk 'NR == FNR { p[NR] = $1; next } { n += p[FNR] == $1 } END { printf "%.6f\n", n / FNR }' "$out" <(cut -d' ' -f1 test.svm) >accuracy
    done_with eval m test.svm && same "$(awk '$1 == "accuracy" { print $2 }' "$out")" "$(cat accuracy)"
}
check "predict prints labels by their names, as eval counts them" predictions
scores() { done_with predict --scores m test.svm && [[ $(sort -u "$out" | wc -l) -gt 100 ]]; }
check "predict --scores" scores
unseen() {
    printf '9 3:1\n0 1:5 3:1\n0 3:1\n' >other
    done_with eval m other && grep -q "2 of 3 samples" "$err" && done_with predict -q m other && same "$(sed -n 2p "$out")" "$(sed -n 3p "$out")"
}
check "labels and features that training never saw" unseen
hashes() { done_with hash m && same "$(cut -d' ' -f1 "$out")" "$(model_hash --model mlp --hidden 100 --keep 0.2 --epochs 15 train.svm)"; }
check "the file's hash is training's" hashes

# --- lock -----------------------------------------------------------------------------------------
# shellcheck disable=SC2086
locked() {
    done_with train $N --hidden 30,20 --epochs 3 --lock lock train.svm && same "$(./json lock hidden.0) $(./json lock hidden.1)" "30 20" || return 1
    same "$(./json lock keep)" 0x1.999999999999ap-4 || return 1
    for how in "--mode serial" "--planner lanes --threads 3" "--threads 1"; do
        done_with verify $how lock && [[ $(tail -n 1 "$out") == "verified: the same model, bit for bit" ]] || { echo "$how"; return 1; }
    done
}
check "lock and verify" locked
wrong_lock() { sed "$1" lock >bad; refused "$2" verify bad; }
check "a lock without its layers" wrong_lock '/"hidden"/,/\]/d; /"keep"/d' '"hidden"'
check "a lock with a layer of 0 units" wrong_lock 's/^    30,/    0,/' '"hidden"'
check "a lock with a layer too large" wrong_lock 's/^    30,/    20000,/' "20000"
check "a lock with keep 0" wrong_lock 's/"keep": "[^"]*"/"keep": "0x0p+0"/' '"keep"'
check "a lock with keep 2" wrong_lock 's/"keep": "[^"]*"/"keep": "0x1p+1"/' '"keep"'
check "a lock with l2" wrong_lock 's/"l2": "[^"]*"/"l2": "0x1p+0"/' "l2"
check "layers of another model" wrong_lock 's/"mlp"/"svm"/' '"hidden"'
differs() { run verify --data flipped.svm lock; [[ $status == 1 ]] && grep -q "the data differ" "$out"; }
check "other data" differs

# --- trace ----------------------------------------------------------------------------------------
# shellcheck disable=SC2086
{
    traced() { local file=$1; shift; done_with train -q $N --epochs 2 --step 0.01 --order sequential --trace "$file" "$@"; }
    check "trace" traced a --mode serial train.svm
    check "trace of a planned run" traced b --planner lanes --threads 2 train.svm
    check "… is the same, byte by byte" cmp a b
    check "trace of other data" traced c flipped.svm
    check "trace of another share" traced d --keep 0.2 train.svm
}
parting() { # pattern, trace
    run bisect a "$2"
    [[ $status == 1 ]] && grep -qE "$1" "$out" || { cat "$out" "$err"; return 1; }
}
check "bisect names the step, and no blocks" parting "^first difference: epoch 1, step 6, sample 6$" c
check "bisect of another share" parting "^first difference: epoch 1, step 0, sample 0$" d
check "bisect of another share: why" parting "^model or hyperparameters differ" d
check "bisect: the same" done_with bisect a b

# --- checkpoint and resume ------------------------------------------------------------------------
# shellcheck disable=SC2086
resumes() {
    done_with train $N --epochs 2 --order reshuffle --checkpoint c train.svm || return 1
    same "$(model_hash $N --epochs 5 --order reshuffle --threads 3 --planner lanes --resume c train.svm)" \
        "$(model_hash $N --epochs 5 --order reshuffle --mode serial train.svm)"
}
check "resume" resumes
for o in "--hidden 51" "--hidden 50,50" "--keep 0.2"; do
    # shellcheck disable=SC2086
    check "resume with $o" refused "${o%% *} differs" train $N --epochs 5 --order reshuffle --resume c $o train.svm
done

# --- plan and bench -------------------------------------------------------------------------------
depth() { field depth plan --model mlp --hidden 1000 --keep "$1" train.svm; }
falls() {
    local last=1201 width
    for k in 0.1 0.05 0.01 0.005 0.002 0.001; do
        width=$(depth $k) || return 1
        [[ $width -lt $last ]] || { echo "keep $k: depth $width, before $last"; return 1; }
        last=$width
    done
}
check "plan: the smaller the share, the shorter the longest chain" falls
closing() { # keep, pattern
    done_with plan --model mlp --hidden 1000 --keep "$1" --check-plan train.svm && tail -n 1 "$out" | grep -qE "$2" || { tail -n 1 "$out"; return 1; }
}
check "plan says why there is nothing to gain" closing 0.1 "^Steps touch 100 of 1,000 blocks, so many that nearly any two conflict"
check "plan says what to expect" closing 0.001 "^Expect about"
# shellcheck disable=SC2086
benched() {
    done_with bench $N --epochs 1 --rounds 1 --threads 2 --planners all --json -q train.svm || return 1
    local i=0 mode
    while mode=$(./json "$out" rows.$i.mode 2>/dev/null) && [[ -n $mode ]]; do
        [[ $mode == hogwild ]] || same "$(./json "$out" rows.$i.same_bits)" true || return 1
        i=$((i + 1))
    done
    [[ $i -ge 6 ]] || { echo "$i rows"; return 1; }
}
check "bench: all planned rows have the serial bits" benched

# --- what is refused ------------------------------------------------------------------------------
for v in '' , 10, ,10 0 16385 1,2,3,4,5,6,7,8,9 1.5 -3 ten '10 ,5' 99999999999999999999; do
    check "--hidden '$v'" refused "^sequent: --hidden: found '$v', expected 1 to 8 whole numbers from 1 to 16384" train --model mlp --hidden "$v" train.svm
done
for v in '' x -1 nan inf 0 1.01; do check "--keep '$v'" refused "^sequent: --keep: found" train --model mlp --keep "$v" train.svm; done
check "too many units in a step" refused "32768 units, expected at most 16384" train --model mlp --hidden 16384,16384 --keep 1 train.svm
check "--hidden of another model" refused "--hidden is for mlp" train --model svm --hidden 5 train.svm
check "--keep of another model" refused "--keep is for mlp" plan --model logistic --keep 0.5 train.svm
check "--bias" refused "--bias is for linear models" train --model mlp --bias train.svm
check "--l2" refused "--l2 is not for mlp: .*drawn anew" train --model mlp --l2 0.1 train.svm
check "--rank" refused "--rank is for matrix-completion" train --model mlp --rank 3 train.svm
sed 's/^[^ ]*/1/' train.svm >single
check "one label" refused "mlp tells labels apart, the data have one \(1\)" train --model mlp single
seq 5000 >many
check "too many labels" refused "mlp tells at most 4096 labels apart" train --model mlp many
printf '1 1:1\n2 2:x\n' >bad
check "a bad line" refused "^(sequent: )?bad:2:" train --model mlp bad
nothing_left() { ! ls o.* o 2>/dev/null; }
check "a run that diverges" refused "mlp diverged" train -q --model mlp --keep 1 --hidden 20 --step 1e30 -o o --json train.svm
check "leaves no file" nothing_left
finish
