#!/bin/bash
# train --trace and bisect, as a user runs them.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 9000 --users 300 --items 200 -o ratings
"$S" generate linear --samples 500 --features 300 --nonzeros 6 -o rows
M="--model matrix-completion --epochs 4"
traced() { # file, arguments of train …
    local file=$1; shift
    done_with train -q --trace "$file" "$@"
}
# Two traces that differ: exit 1, and these lines.
parts() { # expected output, traces …
    local want=$1; shift
    run bisect "$@"
    [[ $status == 1 ]] || { echo "exit $status, expected 1: $(cat "$out" "$err")"; return 1; }
    same "$(cat "$out")" "$want"
}
alike() { done_with bisect "$@" && same "$(cat "$out")" "the runs are the same, step by step"; }

# --- the same run ---------------------------------------------------------------------------------
# shellcheck disable=SC2086
traced a $M --mode serial ratings
for how in "--threads 1" "--planner lanes --threads 2" "--planner levels --threads 3" "--planner components --threads 2" \
    "--planner lanes --threads 32 --check-plan"; do
    # shellcheck disable=SC2086
    check "a trace of $how" traced b $M $how ratings
    check "… is the same, byte by byte" cmp a b
done
check "bisect says so" alike a b
check "packed traces" bash -c "gzip -k b && '$S' bisect a b.gz"
untraced() { # shellcheck disable=SC2086
    same "$(model_hash $M ratings)" "$(model_hash $M --trace t ratings)"; }
check "tracing changes no bit" untraced
size() { # 20 bytes a step and epoch; once 12 a sample, 4 a name, and the facts
    local names facts; names=$(cat <(cut -d' ' -f1 ratings | sort -u) <(cut -d' ' -f2 ratings | sort -u) | wc -l)
    facts=$(od -An -tu4 -j12 -N4 a)
    same "$(stat -c %s a)" $((4 * (20 * 9000 + 20) + 12 * 9000 + 4 * names + 3 * 8 + 4 + 16 + facts + 4 + 16))
}
check "the size that the page says" size
for m in svm logistic least-squares; do
    # shellcheck disable=SC2086
    check "$m" traced r --model $m --epochs 2 --bias --order replacement rows
    check "$m on two threads" traced r2 --model $m --epochs 2 --bias --order replacement --planner lanes --threads 2 rows
    check "$m: the same" cmp r r2
done

# --- planted faults -------------------------------------------------------------------------------
# shellcheck disable=SC2086
{
    traced a $M --order sequential ratings
    awk 'NR == 7001 { $3 += 0.0625 } 1' ratings >flipped # ratings are halves: one bit of binary32
    traced b $M --order sequential --threads 2 flipped
    seq 0 8999 >order
}
read -r user item _ < <(sed -n 7001p ratings)
check "one flipped bit of the data" parts "the data hashes differ
first difference: epoch 1, step 7000, sample 7000 (user $user, item $item)
same reads, other writes: the data differ" a b
as_json() {
    run bisect --json a b
    [[ $status == 1 ]] && same "$(./json "$out" epoch) $(./json "$out" step) $(./json "$out" samples.0) $(./json "$out" samples.1)" "1 7000 7000 7000" &&
        same "$(./json "$out" blocks)" "user $user, item $item" && same "$(./json "$out" same) $(./json "$out" data_differs) $(./json "$out" recipe_differs)" "false true false"
}
check "as JSON" as_json
json_same() { run bisect --json a a; [[ $status == 0 ]] && same "$(./json "$out" same)" true; }
check "as JSON, the same" json_same
# Two steps next to each other that share a user or an item, exchanged.
k=$(awk 'NR > 1 && NR > 5000 && ($1 == u || $2 == i) { print NR - 2; exit } { u = $1; i = $2 }' ratings)
awk -v k="$k" 'NR == k + 1 { kept = $0; next } { print } NR == k + 2 { print kept }' order >exchanged
# shellcheck disable=SC2086
{ traced a $M --order file:order ratings; traced b $M --order file:exchanged --threads 2 ratings; }
exchanged() {
    run bisect a b
    [[ $status == 1 ]] && grep -qE "^first difference: epoch 1, step $k, sample $k \(user [0-9]+, item [0-9]+\), in the other run sample $((k + 1))$" "$out" &&
        grep -q "^other order:" "$out"
}
check "one reordered pair of conflicting steps" exchanged
# A decay that is another one in its last bit, which the rounding of epoch 2's step size still hides.
# shellcheck disable=SC2086
{ traced a $M --step 0.09 --step-decay 0.7 ratings; traced b $M --step 0.09 --step-decay 0.7000000000000001 --threads 2 ratings; }
third() {
    run bisect a b
    [[ $status == 1 ]] && grep -qE '^first difference: epoch 3, step 0, sample [0-9]+ \(user' "$out" &&
        grep -q '^model or hyperparameters differ$' "$out" && grep -q '^other step size: a hyperparameter differs$' "$out"
}
check "one hyperparameter that changes epoch 3" third
# shellcheck disable=SC2086
{ traced a $M ratings; traced b $M --step-decay 0.7 ratings; }
decay() { run bisect a b; [[ $status == 1 ]] && grep -qE '^first difference: epoch 2, step 0, sample [0-9]+ \(user' "$out" && grep -q '^model or hyperparameters differ' "$out" && grep -q '^other step size' "$out"; }
check "another decay acts at epoch 2" decay
# shellcheck disable=SC2086
traced b $M --l2 0.1 ratings
l2() { run bisect a b; [[ $status == 1 ]] && grep -qE '^first difference: epoch 1, step 0,' "$out" && grep -q '^same reads, other writes: model or hyperparameters differ' "$out"; }
check "another regularisation" l2
# shellcheck disable=SC2086
{ traced a $M --order sequential ratings; traced b $M --order sequential --seed 2 ratings; }
seed() { run bisect a b; [[ $status == 1 ]] && grep -q '^the initial values differ' "$out" && grep -q '^other reads: the initial values differ' "$out"; }
check "other initial values" seed
# shellcheck disable=SC2086
traced b --model matrix-completion --epochs 6 --order sequential ratings
check "more epochs" parts "first difference: epoch 5, step 0
other length: one run, or its epoch, ends here" a b
hogwild() { traced h --model matrix-completion --epochs 2 --mode hogwild --threads 2 --planner lanes ratings && run bisect h h && [[ $status == 0 ]]; }
check "hogwild can be traced" hogwild

# --- trouble --------------------------------------------------------------------------------------
check "with --resume" refused "--trace: a resumed run" train --json --model matrix-completion --trace t --resume c ratings
check "with --checkpoint" refused "--trace: a run with checkpoints" train --json --model matrix-completion --trace t --checkpoint c ratings
check "no place" refused "none/t: .*No such file" train --json --model matrix-completion --trace none/t ratings
check "a full disk" refused "/dev/full: .*No space" train --json --model matrix-completion --trace /dev/full ratings
for n in 0 1 8 100 5000; do
    head -c $n a >cut
    check "a trace of $n bytes" refused "^sequent: cut: " bisect a cut
    check "a trace of $n bytes, first" refused "^sequent: cut: " bisect cut a
done
damaged() { cp a d; printf '\377' | dd of=d bs=1 seek="$(($(stat -c %s d) - 1000))" conv=notrunc 2>/dev/null; refused "d: a trace that is damaged" bisect b d; }
check "damage behind the first difference" damaged
check "no trace" refused "not a trace of sequent" bisect a ratings
check "one trace" refused "1 arguments" bisect a
check "a missing one" refused "nowhere: .*No such file" bisect a nowhere
kept() { # what ends without success leaves the earlier trace
    cp a kept; run train --model matrix-completion --step 1e30 --trace kept ratings
    [[ $status == 2 ]] && cmp a kept && [[ -z $(find . -name 'kept.*') ]]
}
check "a run that diverges leaves the earlier trace" kept
set -m
interrupted() { # also where an epoch is over at once, and is looked into only at its end
    cp a kept
    "$S" train --model svm --epochs 4000000000 -q --trace kept rows >o 2>"$err" &
    local pid=$!
    for _ in $(seq 100); do compgen -G 'kept.*.tmp' >/dev/null && break; sleep 0.05; done
    sleep 0.1; kill -INT $pid; wait $pid
    same $? 130 && cmp a kept && ! compgen -G 'kept.*.tmp'
}
check "SIGINT ends a traced run" interrupted
set +m

finish
