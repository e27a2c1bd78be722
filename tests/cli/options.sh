#!/bin/bash
# Commands, options and help, right and wrong.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
printf '+1 1:1 2:0.5\n-1 2:1 3:1\n' >"$scratch/rows"
printf '1 1 3\n1 2 4\n2 1 1\n' >"$scratch/ratings"
rows=$scratch/rows ratings=$scratch/ratings
commands="train eval predict hash verify bisect plan bench generate"

# --- help and versions ----------------------------------------------------------------------------
helps() { done_with "$@" && [[ ! -s $err ]] && grep -q "Usage: sequent" "$out"; }
check "--help" helps --help
check "-h" helps -h
for c in $commands; do
    check "$c --help" helps "$c" --help
    check "$c -h" helps "$c" -h
    check "$c FILE --help: anywhere" helps "$c" some file --help
    check "--help names $c" grep -qE "^ +$c " <("$S" --help)
    check "help $c fits 100 columns" silent grep -E '.{101}' <("$S" "$c" --help)
done
check "--version names both versions" grep -qE '^sequent [0-9]+\.[0-9]+\.[0-9]+.*arithmetic( version)? [0-9]+' \
    <("$S" --version)
help_lists() { # command, options …
    local c=$1 o; shift
    for o; do grep -qE -- "(^|[ ,])$o([ ,]|$)" <("$S" "$c" --help) || { echo "$c: $o"; return 1; }; done
}
check "help of train lists the contract's options" help_lists train --model --mode --planner --threads \
    --order --seed --epochs --step --step-decay --l2 --rank --format -o --test --json -q -v -h
check "help of plan lists its options" help_lists plan --model --planner --threads --order --seed --rank \
    --format --step-ns --boundary-ns --json
check "help of eval lists its options" help_lists eval --format --json -q -h

# --- wrong commands -------------------------------------------------------------------------------
usage_without_command() { run; [[ $status == 2 && ! -s $out ]] && grep -q Usage "$err"; }
check "no command: usage on standard error, exit 2" usage_without_command
check "unknown command" refused "frobnicate.*--help" frobnicate
check "empty command" refused "''" ''
check "an option for a command" refused "bogus" --bogus
for c in $commands; do check "$c without arguments" refused "^sequent: " "$c"; done
check "train with two files" refused "found 2" train --model svm "$rows" "$rows"
check "eval without data" refused "MODEL DATA" eval "$rows"
check "generate of an unknown kind" refused "bogus.*ratings" generate bogus

# --- wrong options --------------------------------------------------------------------------------
t() { echo "$1" >/dev/null; local p=$1; shift; refused "$p" train --model svm "$rows" "$@"; }
check "unknown option" t "frobnicate" --frobnicate
check "unknown letter" t "'-x'" -x
check "unknown letter before others is the one that is named" t "'-x" -xq
check "unknown letter behind others" t "z'" -qz
check "missing value" t "epochs.*value" --epochs
check "a flag takes no value" t "--bias" --bias=yes
for o in --rank --threads --batch --deferrals --epochs --seed; do
    for v in banana '' ' 1' 1.5 1e3 -1 +1 0x10 99999999999999999999 '1 '; do
        check "$o '$v'" t "^sequent: $o" "$o" "$v"
    done
done
for o in --rank --threads --batch --deferrals; do check "$o 0" t "$o.*from 1" "$o" 0; done
check "--threads 1025" t "--threads.*1024" --threads 1025
check "--epochs 4294967296" t "--epochs" --epochs 4294967296
for o in --step --step-decay --l2; do
    for v in banana '' ' 1' nan inf -1 1e999 1x; do
        check "$o '$v'" t "^sequent: $o" "$o" "$v"
    done
done
check "--mode bogus names the modes" t "planned, serial, hogwild, locked, round-robin, average-runs or average-gradients" --mode bogus
check "--planner bogus names the planners" t "auto, lanes, levels or components" --planner bogus
check "--order bogus names the orders" t "shuffle, reshuffle, sequential, replacement" --order bogus
check "--format bogus names the formats" t "svmlight" --format bogus
check "--model is required" refused "--model is required" train "$rows"
check "--model bogus" refused "--model.*svm" train --model bogus "$rows"
check "--model graph-cut without terminals" refused "--terminals is required" train --model graph-cut "$rows"
check "--rank for a linear model" t "--rank" --rank 3
check "--bias for matrix completion" refused "--bias" train --model matrix-completion --bias "$ratings"
check "a format that cannot hold the data" t "svmlight" --format triplets
check "--step 0 is a step" done_with train --model svm --step 0 "$rows"
check "--epochs 0" done_with train --model svm --epochs 0 "$rows"
check "an abbreviated option" done_with train --model svm --epo 1 "$rows"
check "an ambiguous abbreviation" t "--s.*ambiguous" --s 1
check "--option=value" done_with train --model=svm --epochs=1 "$rows"
check "options after the file" done_with train "$rows" --model svm
check "-- ends the options" refused "^--bogus: |cannot" train --model svm -- --bogus
check "every value of a repeated option is looked at" t bogus --model bogus --model svm

# --- every command does its work -----------------------------------------------------------------
check "train -o" done_with train --model svm --epochs 1 -o "$scratch/m" "$rows"
check "eval" done_with eval "$scratch/m" "$rows"
check "predict" done_with predict "$scratch/m" "$rows"
check "predict --scores" done_with predict --scores "$scratch/m" "$rows"
check "hash" done_with hash "$scratch/m"
check "plan" done_with plan --model svm "$rows"
for k in ratings linear graph; do
    check "generate $k" done_with generate "$k" --samples 10
done
for o in "--samples 0" "--users 0" "--rank 0" "--nodes 1" "--skew -1" "--skew 0.3" "--flip 2" "--noise x" \
    "--samples banana" "--nonzeros 0"; do
    # shellcheck disable=SC2086
    for k in ratings linear graph; do
        case "$k $o" in
        ratings*--nodes*|ratings*--flip*|ratings*--nonzeros*) continue ;;
        linear*--users*|linear*--rank*|linear*--nodes*|linear*--noise*) continue ;;
        graph*--users*|graph*--rank*|graph*--flip*|graph*--noise*|graph*--nonzeros*) continue ;;
        esac
        check "generate $k $o" refused "^sequent: " generate $k $o
    done
done
check "an option of another kind is refused: generate graph --users" refused "users" generate graph --users 5

finish
