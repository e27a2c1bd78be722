#!/bin/bash
# train --lock and verify, as a user runs them: 0 the same, 1 different with epoch and cause, 2
# trouble.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 6000 --users 300 --items 200 -o ratings
"$S" generate linear --samples 2000 --features 900 --nonzeros 6 --skew 0.5 -o rows
seq 0 3 5999 >pi
M="--model matrix-completion"
data_of() { [[ $1 == matrix-completion ]] && echo ratings || echo rows; }

# One that finds a difference: exit 1, and a last line that matches.
differs() { # pattern, arguments …
    local pattern=$1; shift
    run verify "$@"
    [[ $status == 1 ]] || { echo "exit $status, expected 1: $(cat "$out" "$err")"; return 1; }
    tail -n 1 "$out" | grep -qE -- "$pattern" || { echo "not '$pattern': $(cat "$out")"; return 1; }
}
verified() {
    done_with verify "$@" && [[ ! -s $err && $(tail -n 1 "$out") == "verified: the same model, bit for bit" ]]
}

# --- the same bytes, however it ran ---------------------------------------------------------------
same_lock() { # arguments of train …
    done_with train --mode serial --lock serial.lock "$@" || return 1
    for how in "--threads 1" "--planner lanes --threads 2" "--planner levels --threads 3" \
        "--planner components --threads 64" "--json -q" "-o m --checkpoint c" "--test held_out --threads 2"; do
        # shellcheck disable=SC2086
        done_with train $how --lock a.lock "$@" && cmp a.lock serial.lock || { echo "$how"; return 1; }
        verified a.lock || return 1
    done
}
for m in svm logistic least-squares matrix-completion; do
    cp "$(data_of $m)" held_out
    for order in shuffle reshuffle sequential replacement file:pi; do
        [[ $m != matrix-completion && $order == file:pi ]] && continue
        [[ $m == svm || $m == matrix-completion || $order == replacement ]] || continue
        check "one lock for every way to run: $m, $order" same_lock --model $m --epochs 2 --order $order "$(data_of $m)"
    done
done
cp rows held_out
check "with a bias and regularisation" same_lock --model logistic --epochs 2 --bias --l2 0.1 --seed 18446744073709551615 rows

# shellcheck disable=SC2086
"$S" train $M --epochs 3 --lock m.lock -o m ratings >o
for how in "--mode serial" "--threads 1" "--threads 2 --planner levels" "--planner lanes --threads 7 --check-plan" "-q"; do
    # shellcheck disable=SC2086
    check "verify $how" verified $how m.lock
done
hashes() {
    same "$("$S" hash m)" "$(./json m.lock model_hash)  m" && same "$(./json m.lock model_hash)" "$(sed -n 's/^model hash *//p' o)" &&
        same "$(./json m.lock order_hash)" "$(sed -n 's/^order hash *//p' o)" && same "$(./json m.lock data_hash)" "$(sed -n 's/^data hash *//p' o)"
}
check "the lock has the hashes that training printed" hashes
same_sha256() { done_with train --model svm --epochs 1 --lock s.lock --json rows && same "$(./json s.lock model_sha256)" "$(./json "$out" model_sha256)"; }
check "and the SHA-256" same_sha256
no_traces_of_the_run() { ! grep -qiE 'thread|second|time|gcc|clang|host|planner|mode"' m.lock && [[ $(tail -c 2 m.lock | od -An -tx1) == " 7d 0a" ]]; }
check "no thread count, compiler or time in it; a line feed at its end" no_traces_of_the_run
ascends() { sed -n 's/^  "\([a-z0-9_]*\)":.*/\1/p' m.lock >names; LC_ALL=C sort -c names && [[ $(wc -l <names) == 24 ]]; }
check "members in ascending order" ascends

# --- paths ----------------------------------------------------------------------------------------
mkdir -p far/data far/locks/deep other
cp ratings far/data/ratings; cp pi far/data/pi
lock_at() { # working directory, lock, data, order file: what the lock calls them
    # shellcheck disable=SC2086
    (cd "$1" && "$S" train $M --epochs 1 -q --lock "$2" --order "file:$4" "$3" >/dev/null) || return 1
}
check "a lock beside its data" lock_at far/data l ratings pi
check "… names them without a folder" same "$(./json far/data/l data) $(./json far/data/l order)" "ratings file:pi"
check "a lock in another folder" lock_at far locks/deep/l data/ratings data/pi
check "… names them relative to itself" same "$(./json far/locks/deep/l data) $(./json far/locks/deep/l order)" \
    "../../data/ratings file:../../data/pi"
check "absolute paths" lock_at far locks/deep/abs "$PWD/far/data/ratings" "$PWD/far/data/pi"
check "… give the same lock" cmp far/locks/deep/abs far/locks/deep/l
ln -s far/locks/deep link
check "through a link" lock_at . link/l2 far/data/./../data/ratings link/../../data/pi
check "… gives the same lock" cmp far/locks/deep/l2 far/locks/deep/l
check "verify from elsewhere" verified far/locks/deep/l
check "verify through the link" verified link/l
moved() { mv far other/moved && verified other/moved/locks/deep/l && (cd other/moved/data && verified l) && (cd / && verified "$scratch/other/moved/data/l"); }
check "moved together, they verify" moved
rm -f far; mv other/moved far
mv far/data/ratings far/data/elsewhere
check "without its data: exit 2, and which" refused 'data/ratings: .*No such file' verify far/locks/deep/l
check "--data PATH" verified --data far/data/elsewhere far/locks/deep/l
packed() { gzip -k far/data/elsewhere && verified --data far/data/elsewhere.gz far/locks/deep/l; }
check "--data of the same content, packed" packed
from_stdin() { # shellcheck disable=SC2086
    "$S" train $M --epochs 1 -q --lock stdin.lock - <ratings >o && same "$(./json stdin.lock data)" - &&
        "$S" verify stdin.lock <ratings >o && "$S" verify --data ratings stdin.lock >o; }
check "data from standard input" from_stdin
odd_names() {
    local name='a "b" \ é'$'\t'
    cp ratings "$name" && done_with train --model matrix-completion --epochs 1 -q --lock "$name.lock" "$name" && verified "$name.lock" &&
        same "$(./json "$name.lock" data)" "$name"
}
check "odd names" odd_names
not_utf8() { cp ratings $'r\xff'; timeout 10 "$S" train --model matrix-completion --epochs 4294967295 -q --lock n.lock $'r\xff' >o 2>"$err"; [[ $? == 2 ]] && grep -q UTF-8 "$err" && [[ ! -e n.lock ]]; }
check "a path that is not UTF-8 is refused before training" not_utf8
check "hogwild has no lock" refused "--lock: hogwild" train --json --model matrix-completion --mode hogwild --lock h.lock ratings
check "… and does not verify" refused "--mode: hogwild" verify --json --mode hogwild m.lock

# --- what differs ---------------------------------------------------------------------------------
awk 'NR == 3001 { $3 = 5.5 - $3 } 1' ratings >changed
check "changed data" differs "^different from epoch 1 on: the data differ" --data changed m.lock
check "less data" differs "the data differ" --data <(head -n 5000 ratings) m.lock
replaced() { sed "s/\"$1\": \"[^\"]*\"/\"$1\": \"$2\"/" m.lock >edited.lock; ! cmp -s m.lock edited.lock; }
same_length=00000000000000000000000000000000
edit() { # member, value, pattern
    replaced "$1" "$2" && differs "$3" edited.lock
}
check "another order: its hash" edit order_hash $same_length "^different: the data are the same, the order differs"
check "another order: its kind" edit order sequential "^different from epoch 1 on: the data are the same, the order differs"
check "another seed: the order, and the initial values" edit seed 2 "from epoch 1 on: the data are the same, the order differs"
initial_alone() {
    # shellcheck disable=SC2086
    "$S" train $M --epochs 2 --order sequential --lock seq.lock ratings >o && sed 's/"seed": "1"/"seed": "9"/' seq.lock >edited.lock &&
        differs "^different from epoch 1 on: data and order are the same, the initial values differ" edited.lock
}
check "another seed of initial values alone" initial_alone
check "initial values: their hash" edit initial_hash $same_length "^different: data and order are the same, the initial values differ"
check "arithmetic: another step" edit step 0x1p-8 "^different from epoch 1 on: data, order and initial values are the same: the arithmetic differs"
check "arithmetic: another model hash" edit model_hash $same_length "^different: .*the arithmetic differs"
check "arithmetic: another SHA-256" edit model_sha256 $same_length$same_length "^different: .*the arithmetic differs"
check "counts of another lock: samples" edit samples 5999 "the data differ"
check "counts of another lock: nonzeros" edit nonzeros 1 "the data differ"
check "counts of another lock: steps" edit steps 5999 "the order differs"
epoch_named() { # which of the three
    local old; old=$(./json m.lock epoch_hashes.$(($1 - 1)))
    sed "s/$old/$same_length/" m.lock >edited.lock && differs "^different from epoch $1 on: .*the arithmetic differs" edited.lock
}
for e in 1 2 3; do check "arithmetic: the hash of epoch $e" epoch_named $e; done
decay_alone() { edit step_decay 0x1p-1 "^different from epoch 2 on: .*the arithmetic differs"; }
check "a decay acts from epoch 2 on" decay_alone
# A run that cannot end: other facts are the difference, with the same ones it is trouble.
awk 'NR % 3 == 0 { $3 = 1e18 } 1' ratings >wild
ended() { # line that is missing, pattern of the reason, then as differs
    local missing=$1 reason=$2; shift 2
    differs "$@" && ! grep -q "$missing" "$out" && grep -qE "^sequent: warning: no model: .*$reason" "$err" &&
        [[ $(wc -l <"$err") == 1 ]]
}
check "data that diverge" ended "^model hash" "diverged: .*epoch 1 of 3" "^different from epoch 1 on: the data differ" --data wild m.lock
diverged_as_json() {
    run verify --json -q --data wild m.lock
    [[ $status == 1 && ! -s $err ]] && same "$(./json "$out" cause)" "the data differ" &&
        same "$(./json "$out" model_hash) $(./json "$out" order_differs) $(./json "$out" first_epoch)" "null false 1"
}
check "… as JSON" diverged_as_json
diverges_with() { # member, value, cause: with steps that are too large
    sed -e 's/"step": "[^"]*"/"step": "0x1p+99"/' -e "s/\"$1\": \"[^\"]*\"/\"$1\": \"$2\"/" m.lock >edited.lock
    ended "^model hash" "diverged" "^different from epoch 1 on: $3$" edited.lock
}
check "an order that diverges" diverges_with order reshuffle "the data are the same, the order differs"
check "initial values that diverge" diverges_with initial_hash $same_length "data and order are the same, the initial values differ"
with_all_facts() { sed 's/"step": "[^"]*"/"step": "0x1p+99"/' m.lock >edited.lock && refused "^sequent: .*diverged: .*epoch 1 of 3" verify edited.lock; }
check "the same facts that diverge: trouble" with_all_facts
"$S" train --model svm --epochs 2 --lock svm.lock rows >o
"$S" train --model svm --epochs 2 --order file:pi --lock pi.lock <(cat rows rows rows) -q >o
awk '{ $1 = NR % 3 } 1' rows >classes
check "data of three classes" differs "^different from epoch 1 on: the data differ$" --data classes svm.lock
check "too few data for the order" ended "^initial hash" "pi:668:" "^different: the data differ" --data rows pi.lock
check "data that are none" refused "^ratings:1:" verify --data ratings svm.lock
as_json() {
    run verify --json m.lock; [[ $status == 0 ]] && same "$(./json "$out" same) $(./json "$out" first_epoch)" "true null" || return 1
    run verify --json --data changed m.lock
    [[ $status == 1 ]] && same "$(./json "$out" same) $(./json "$out" data_differs) $(./json "$out" first_epoch)" "false true 1" &&
        same "$(./json "$out" cause)" "the data differ" && differ "$(./json "$out" expected)" "$(./json "$out" model_hash)"
}
check "as JSON" as_json

# --- trouble --------------------------------------------------------------------------------------
other_version() {
    sed 's/"arithmetic": [0-9]*/"arithmetic": 77/' m.lock >edited.lock
    refused "arithmetic version 77, this program's is $("$S" --version | sed 's/.* //')" verify --json edited.lock
}
check "another arithmetic version: both are named" other_version
in_lock() { # sed's command, pattern
    sed "$1" m.lock >edited.lock; refused "edited.lock: $2" verify --json edited.lock
}
check "a missing member" in_lock '/"seed"/d' '"seed": expected'
check "another schema" in_lock 's/"schema": 1/"schema": 2/' '"schema": expected 1'
check "another generator" in_lock 's/philox/pcg/' '"order_generator": expected "philox4x32-10"'
check "a negative step" in_lock 's/"step": "/"step": "-/' '"step": expected a number that is not negative'
check "a negative decay" in_lock 's/"step_decay": "/"step_decay": "-/' '"step_decay": expected a number that is not negative'
check "a rank of 0" in_lock 's/"rank": 16/"rank": 0/' '"rank": expected 1 to 65536'
check "fewer hashes than epochs" in_lock 's/"epochs": "3"/"epochs": "4"/' '"epoch_hashes": expected one for each epoch'
check "more hashes than epochs" in_lock 's/"epochs": "3"/"epochs": "2"/' '"epoch_hashes": expected'
cut_locks() {
    local size; size=$(wc -c <m.lock)
    for n in 0 1 2 50 200 700 $((size - 3)) $((size - 2)); do
        head -c "$n" m.lock >cut.lock; refused "^cut.lock:[0-9]+:[0-9]+: not a lock" verify --json cut.lock || { echo "$n bytes"; return 1; }
    done
}
check "a lock that is cut" cut_locks
check "no lock" refused "nowhere.lock: .*No such file" verify nowhere.lock
check "data for a lock" refused "not a lock" verify ratings
check "other options are not verify's" refused "unknown" verify --epochs 3 m.lock
check "two locks" refused "2 arguments" verify m.lock m.lock
check "a lock that cannot be written, found before training" refused "none/m.lock: .*No such file" \
    train --json --model matrix-completion --lock none/m.lock ratings
kept_after_trouble() {
    cp m.lock kept.lock; run train --model matrix-completion --step 1e30 --lock kept.lock ratings
    [[ $status == 2 ]] && cmp kept.lock m.lock
}
check "a run that diverges leaves the earlier lock" kept_after_trouble

finish
