#!/bin/bash
# What the program writes: where, whole or not at all, and what it says when it cannot.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 20000 --users 300 --items 200 -o ratings
"$S" generate linear --samples 2000 --features 500 --nonzeros 8 -o rows
printf '+1 1:1\n-1 999999:1\n' >unseen
mkdir place

# --- results on standard output, the rest on standard error ---------------------------------------
quiet() { done_with "$@" && [[ ! -s $err ]] || { head -n 3 "$err"; return 1; }; }
M="--model matrix-completion --threads 2"
# shellcheck disable=SC2086
check "train says nothing on standard error" quiet train $M --epochs 2 ratings
check "plan says nothing on standard error" quiet plan --model matrix-completion ratings
"$S" train --model svm -q -o model rows >o
warns() {
    done_with "$@" && grep -q '^sequent: warning: 1 of 2 samples' "$err" && ! grep -q warning "$out" &&
        done_with "$@" -q && [[ ! -s $err ]]
}
check "eval warns of features never seen, -q does not" warns eval model unseen
check "predict warns of features never seen" warns predict model unseen
says_more() { done_with "$@" -v && grep -q "^sequent: version .* kernels" "$err" && done_with "$@" -v -q && [[ ! -s $err ]]; }
check "-v says more on standard error, -q nothing" says_more predict model rows
train_says() { done_with train --model matrix-completion --planner lanes --threads 2 --epochs 1 -v ratings && grep -q "^sequent: ratings: read in" "$err" &&
    grep -q "^sequent: step size .*decay" "$err" && grep -qE "^sequent: a batch ends with [0-9]+ steps" "$err"; }
check "train -v says what was chosen" train_says
check "train --test warns of them" warns train --model svm --test unseen --epochs 1 rows
no_progress() { done_with "$@" && ! grep -qE $'\r|\033' "$out" "$err"; }
# shellcheck disable=SC2086
check "no progress where standard error is no terminal" no_progress train $M --epochs 1 ratings

# --- JSON -----------------------------------------------------------------------------------------
json_alone() { done_with "$@" --json && [[ ! -s $err ]] && ./json "$out"; }
has_fields() { # paths … -- arguments
    local paths=()
    while [[ $1 != -- ]]; do paths+=("$1"); shift; done
    shift
    done_with "$@" --json || return 1
    for p in "${paths[@]}"; do ./json "$out" "$p" >value && [[ -s value ]] || { echo "no $p"; return 1; }; done
}
# shellcheck disable=SC2086
{
    check "train --json is one object" json_alone train $M --epochs 2 ratings
    check "train --json -v is one object" has_fields model_hash -- train $M --epochs 2 -v ratings
    check "train --test --json is one object" json_alone train $M --test ratings --epochs 2 ratings
    check "train -o --json is one object" json_alone train $M --epochs 1 -o m ratings
    check "plan --json is one object" json_alone plan --model matrix-completion ratings
}
check "eval --json is one object" json_alone eval model rows
check "hash --json is one object" json_alone hash model model
check "train --json has the contract's fields" has_fields model_hash order_hash data_hash arithmetic model mode \
    planner threads samples parameters batches plan_seconds train_seconds compiler processor epochs.0.epoch epochs.0.loss \
    epochs.0.seconds -- train --model svm --epochs 1 rows
check "plan --json has the contract's fields" has_fields samples blocks depth batches deferred predicted.0.lanes \
    predicted.0.ideal predicted.0.with_boundary predicted.0.by_boundary_ns.50 predicted.7.by_boundary_ns.500 predicted.7.lanes -- plan --model svm rows
check "eval --json has the contract's fields" has_fields loss metric metric_name -- eval model rows
lanes() {
    done_with plan --model svm --json rows || return 1
    for i in 0 1 2 3 4 5 6 7; do same "$(./json "$out" predicted.$i.lanes)" $((2 << i)) || return 1; done
    same "$(./json "$out" 'predicted.#')" 8
}
check "plan predicts for 2, 4, … 256 lanes" lanes
epochs() {
    done_with train --model svm --epochs 3 --json rows && same "$(./json "$out" 'epochs.#')" 3 &&
        same "$(./json "$out" epochs.0.epoch)" 1 && same "$(./json "$out" epochs.2.epoch)" 3
}
check "epochs are counted from 1" epochs
odd_name() { cp model "$(printf 'a"b\\c\td')" && done_with hash --json "$(printf 'a"b\\c\td')" && ./json "$out"; }
check "odd file names are quoted" odd_name
not_utf8() {
    cp model "$(printf 'm\xff')"; run hash --json "$(printf 'm\xff')"
    [[ $status == 2 ]] || { [[ $status == 0 ]] && ./json "$out"; }
}
check "a file name that is not UTF-8: refused or valid" not_utf8
seed_kept() { done_with train --model svm --epochs 1 --seed "$1" --json rows && same "$(./json "$out" seed)" "$1"; }
check "JSON tells the seed that was given" seed_kept 9223372036854775807
check "JSON tells the largest seed that was given" seed_kept 18446744073709551615
no_json_after_failure() { run train --model svm --json --epochs 1 -o missing/m rows; [[ $status == 2 && ! -s $out ]]; }
check "a failure prints no JSON" no_json_after_failure

# --- standard output that takes nothing -----------------------------------------------------------
to_full() { "$S" "$@" >/dev/full 2>"$err"; [[ $? == 2 ]] && grep -q 'No space left' "$err"; }
closed() { "$S" "$@" >&- 2>"$err"; [[ $? == 2 && -s $err ]]; }
while read -r -a arguments; do
    check "a full disk: ${arguments[*]}" to_full "${arguments[@]}"
    check "closed standard output: ${arguments[*]}" closed "${arguments[@]}"
done <<'COMMANDS'
train --model svm --epochs 1 rows
train --model svm --epochs 1 --json rows
eval model rows
eval --json model rows
predict model rows
predict model unseen -q
hash model
hash --json model
plan --model svm rows
plan --model svm --json rows
generate ratings --samples 10
generate linear --samples 100000
--version
--help
train --help
COMMANDS
closed_but_written() { "$S" train --model svm --epochs 1 -o place/m rows >&- 2>"$err"; [[ $? == 2 ]]; "$S" hash model >o; }
check "closed standard output with -o" closed_but_written
no_confusion() { # a closed descriptor must not become the model's
    rm -f place/*; "$S" train --model svm --epochs 1 -o place/m rows >&- 2>/dev/null <&-
    [[ ! -e place/m ]] || done_with hash place/m
}
check "closed descriptors do not get into the model" no_confusion
quiet_errors() { "$S" train --model svm nowhere 2>&- >"$out"; [[ $? == 2 ]]; }
check "closed standard error" quiet_errors

# --- one file for two things ----------------------------------------------------------------------
mkdir -p twice; cp ratings twice/r; cp ratings twice/t; echo 1 >twice/pi; ln -s r twice/link; ln twice/r twice/hard
twice() { # the two, arguments …
    local two=$1; shift
    # shellcheck disable=SC2086
    refused "^sequent: $two are the same file: twice/" train --json $M --epochs 1 "$@" && cmp ratings twice/r &&
        same "$(ls twice | paste -sd ' ')" "hard link pi r t"
}
check "-o and the data" twice "-o and the data" -o twice/r twice/r
check "-o and the data, by a link" twice "-o and the data" -o twice/link twice/r
check "-o and the data, by another name" twice "-o and the data" -o twice/hard twice/r
check "--lock and the data" twice "--lock and the data" --lock twice/../twice/r twice/r
check "--trace and --test" twice "--trace and --test" --trace twice/t --test twice/t twice/r
check "--checkpoint and --order" twice "--checkpoint and --order" --order file:twice/pi --checkpoint twice/pi twice/r
check "-o and --lock, which are not there yet" twice "-o and --lock" -o twice/m --lock twice/../twice/m twice/r
check "--lock and --resume" twice "--lock and --resume" --lock twice/pi --resume twice/pi twice/r
both_null() { done_with train --model matrix-completion --threads 2 --epochs 1 -o /dev/null --lock /dev/null ratings; }
check "a device may be named twice" both_null

# --- -o, whole or not at all ----------------------------------------------------------------------
rm -rf place; mkdir place
"$S" train --model svm --epochs 1 -o place/m rows >o
before=$("$S" hash place/m)
kept() { same "$("$S" hash place/m)" "$before" && same "$(ls -A place)" m; }
in_vain() { refused "$@" && kept; }
check "a retrain on bad data leaves the model" in_vain "^ratings:" train --model svm -q -o place/m ratings
check "a retrain with a bad option leaves the model" in_vain epochs train --model svm --epochs x -o place/m rows
check "a retrain on a bad test set leaves the model" in_vain "^ratings:" train --model svm -q --test ratings -o place/m rows
small_files() {
    (trap '' XFSZ; ulimit -f 1; exec "$S" train --model matrix-completion --epochs 1 -q -o place/m ratings) >o 2>"$err"
    [[ $? == 2 ]] && grep -q 'place/m: .*File too large' "$err" && kept
}
check "a full disk leaves the model" small_files
small_generated() {
    (trap '' XFSZ; ulimit -f 1; exec "$S" generate ratings -o place/m) 2>"$err"; [[ $? == 2 ]] && kept
}
check "generate leaves the earlier file when the disk is full" small_generated
check "a missing folder" refused "^sequent: missing/m: .*No such file" train --model svm --json --epochs 1 -o missing/m rows
check "a folder for a name" refused "^sequent: place: .*directory" train --model svm --json --epochs 1 -o place rows
at_once() { # more epochs than anybody waits for: the timeout is for a program that begins them
    timeout 10 "$S" train --model svm -q --epochs 4294967295 -o missing/m rows >o 2>"$err"
    [[ $? == 2 ]] && grep -q missing "$err"
}
check "a place that takes no model is found before training" at_once
check "/dev/null takes a model" done_with train --model svm -q --epochs 1 -o /dev/null rows
check "/dev/full does not" refused "/dev/full: .*No space" train --model svm --json --epochs 1 -o /dev/full rows
killed() {
    "$S" train --model matrix-completion --epochs 1000000 -q -o place/m ratings >o 2>&1 &
    local pid=$!
    sleep 0.3
    kill -KILL $pid; wait $pid 2>/dev/null
    [[ $? == 137 ]] && kept
}
check "a killed run leaves the model" killed
killed_generating() {
    "$S" generate ratings --samples 4000000000 -o place/m & local pid=$!
    sleep 0.3
    kill -KILL $pid; wait $pid 2>/dev/null
    local code=$?; rm -f place/m.*.tmp; [[ $code == 137 ]] && kept
}
check "a killed generate leaves the earlier file" killed_generating
through_link() {
    ln -sf m place/link; done_with train --model svm -q --epochs 2 -o place/link rows && [[ -L place/link ]] &&
        differ "$("$S" hash place/m)" "$before"; local code=$?; rm -f place/link; return $code
}
check "-o follows a link" through_link
empty_output() { refused "output" train --model svm -q --epochs 1 -o '' rows; }
check "-o with an empty name" empty_output

# --- signals --------------------------------------------------------------------------------------
# 130 after SIGINT, 143 after SIGTERM, as the shell sees it; the earlier file is whole.
after_signal() { # signal, exit status
    "$S" train --model svm --epochs 1 -q -o place/m rows >o; before=$("$S" hash place/m)
    (trap - INT TERM; exec "$S" train --model matrix-completion --epochs 1000000 -q -o place/m ratings) >o 2>&1 &
    local pid=$!
    sleep 0.3
    kill -"$1" $pid; wait $pid 2>/dev/null
    same $? "$2" && kept
}
set -m # background jobs take SIGINT
check "SIGINT" after_signal INT 130
check "SIGTERM" after_signal TERM 143
interrupted_generating() {
    "$S" generate ratings --samples 4000000000 -o place/new & local pid=$!
    sleep 0.3
    kill -INT $pid; wait $pid 2>/dev/null
    same $? 130; local code=$? left; left=$(ls -A place); rm -f place/new*
    [[ $code == 0 ]] && same "$left" m
}
check "an interrupted generate leaves nothing behind" interrupted_generating
set +m
head_of() { set -o pipefail; "$S" "$@" 2>"$err" | head -n 1 >"$out"; local code=$?; [[ -s $out && ! -s $err ]] || { cat "$err"; return 1; }; [[ $code == 0 || $code == 141 ]]; }
check "predict | head" head_of predict model rows
check "generate | head" head_of generate ratings
check "train | head" head_of train --model svm --epochs 3 rows
ignored_pipe() { (trap '' PIPE; "$S" generate ratings --samples 300000 2>"$err"; echo $? >code) | head -n 1 >"$out"; same "$(cat code)" 2 && grep -q 'Broken pipe' "$err"; }
check "a closed pipe where SIGPIPE is ignored" ignored_pipe

finish
