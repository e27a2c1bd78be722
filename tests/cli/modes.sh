#!/bin/bash
# The modes beside planned, serial and hogwild, as a user meets them: which bits they promise, what they
# refuse, where they go on.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 20000 --users 900 --items 600 -o ratings
"$S" generate linear --samples 3000 --features 900 --nonzeros 6 -o rows
M="--model matrix-completion --epochs 2"
modes="planned serial hogwild locked round-robin average-runs average-gradients"
hash_of() { # mode, arguments …
    local mode=$1; shift
    # shellcheck disable=SC2086
    model_hash $M --mode "$mode" "$@" ratings
}

# --- which bits -----------------------------------------------------------------------------------
serial=$(hash_of serial)
check "locked on one thread is serial" same "$(hash_of locked --threads 1)" "$serial"
check "average-runs on one thread is serial" same "$(hash_of average-runs --threads 1)" "$serial"
check "… also over whole runs" same "$(hash_of average-runs --threads 1 --average-every run)" "$serial"
for t in 2 3; do
    check "average-runs on $t threads repeats" same "$(hash_of average-runs --threads $t)" "$(hash_of average-runs --threads $t)"
done
check "… but is another run than on other threads" differ "$(hash_of average-runs --threads 2)" "$(hash_of average-runs --threads 3)"
check "… or with the mean of whole runs" differ "$(hash_of average-runs --threads 2)" \
    "$(hash_of average-runs --threads 2 --average-every run)"
check "--average-every epoch is the default" same "$(hash_of average-runs --threads 2)" \
    "$(hash_of average-runs --threads 2 --average-every epoch)"
batches=$(hash_of average-gradients --threads 1)
for t in 2 3 7; do
    check "average-gradients on $t threads" same "$(hash_of average-gradients --threads $t)" "$batches"
    check "round-robin on $t threads trains" hex "$(hash_of round-robin --threads $t)"
    check "locked on $t threads trains" hex "$(hash_of locked --threads $t)"
done
check "its mini-batches have 256 steps" same "$(hash_of average-gradients --batch 256)" "$batches"
check "… unless --batch says otherwise" differ "$(hash_of average-gradients --batch 32)" "$batches"
check "round-robin on one thread repeats" same "$(hash_of round-robin --threads 1)" "$(hash_of round-robin --threads 1)"
learns() { # mode: every model's loss is lower after 3 epochs than after none
    local m data before after
    for m in svm logistic least-squares matrix-completion; do
        data=$([[ $m == matrix-completion ]] && echo ratings || echo rows)
        before=$(field epochs.0.loss train --model $m --mode "$1" --threads 2 --batch 16 --epochs 1 --step 0 "$data") &&
            after=$(field epochs.2.loss train --model $m --mode "$1" --threads 2 --batch 16 --epochs 3 "$data") || return 1
        awk -v a="$after" -v b="$before" 'BEGIN { exit !(a < b) }' || { echo "$m: $before, then $after"; return 1; }
    done
}
for mode in $modes; do check "$mode learns" learns "$mode"; done
says() { # shellcheck disable=SC2086
    done_with train $M --mode average-gradients --threads 2 --batch 50 ratings &&
        grep -q '^mode       average-gradients, 2 threads, mini-batches of 50 steps$' "$out"; }
check "the report names the mini-batches" says
# shellcheck disable=SC2086
{
    check "so does the JSON" same "$(field minibatch train $M --mode average-gradients ratings)" 256
    check "… and what is averaged" same "$(field average_every train $M --mode average-runs ratings)" epoch
    check "… and nothing elsewhere" same "$(field minibatch train $M ratings) $(field average_every train $M ratings)" "null null"
}
listed() { for m in $modes; do grep -q "$m" <("$S" "$1" --help) || { echo "$m"; return 1; }; done; }
check "the help of train lists all modes" listed train

# --- what is refused ------------------------------------------------------------------------------
t() { local p=$1; shift; refused "$p" train --model svm "$@" rows; }
for mode in $modes; do
    [[ $mode == average-runs ]] || check "--average-every with $mode" t "--average-every is for --mode average-runs" --mode "$mode" --average-every run
done
for v in '' both Epoch 1; do check "--average-every '$v'" t "--average-every: found '$v'" --mode average-runs --average-every "$v"; done
check "--average-every without its mode" t "--average-every is for" --average-every epoch
"$S" train --model svm -q --epochs 1 --lock serial.lock rows >o
for mode in hogwild locked round-robin average-runs average-gradients; do
    check "$mode has no lock" t "--lock: $mode does not train to the bits of a serial run, which a lock promises" --mode $mode --lock l
    check "… and verifies none" refused "--mode: $mode does not" verify --json --mode $mode serial.lock
done
check "no lock was written" test ! -e l
for mode in average-runs average-gradients; do
    check "$mode and --checkpoint-every" t "--checkpoint-every: $mode can go on at the end of an epoch only" \
        --mode $mode --checkpoint c --checkpoint-every 1000000
done
for o in checkpoint resume; do
    check "whole runs and --$o" t "--$o: with --average-every run" --mode average-runs --average-every run --$o c
done
check "no checkpoint was written" test ! -e c
check "bench: --average-every without average-runs" refused "average-runs, which is not among --modes" \
    bench --model svm --modes serial,hogwild --average-every run rows

# --- checkpoints ----------------------------------------------------------------------------------
goes_on() { # arguments of the whole run and the first part -- arguments of the rest
    local -a first=()
    while [[ $1 != -- ]]; do first+=("$1"); shift; done; shift
    rm -f c
    done_with train -q --epochs 4 "${first[@]}" -o whole ratings &&
        done_with train -q --epochs 2 "${first[@]}" --checkpoint c ratings &&
        done_with train -q --epochs 4 "$@" --resume c -o part ratings && cmp whole part
}
MC=(--model matrix-completion)
for order in shuffle reshuffle; do
    check "average-gradients goes on, $order" goes_on "${MC[@]}" --order $order --mode average-gradients --threads 2 -- \
        "${MC[@]}" --order $order --mode average-gradients --threads 3
    check "average-runs goes on, $order" goes_on "${MC[@]}" --order $order --mode average-runs --threads 2 -- \
        "${MC[@]}" --order $order --mode average-runs --threads 2
done
check "… not with other threads" refused "--threads differs" train --json "${MC[@]}" --mode average-runs --threads 3 --resume c ratings
check "… nor as another mode" refused "--mode differs: .* average-runs, not of serial" train --json "${MC[@]}" --mode serial --resume c ratings
rm -f c; "$S" train "${MC[@]}" -q --epochs 1 --mode average-gradients --batch 32 --checkpoint c ratings >o
check "mini-batches of another size" refused "--batch differs" train --json "${MC[@]}" --mode average-gradients --resume c ratings
check "… of the same" done_with train -q "${MC[@]}" --epochs 2 --mode average-gradients --batch 32 --resume c ratings
for mode in locked round-robin; do
    check "$mode goes on" goes_on "${MC[@]}" --mode $mode --threads 1 -- "${MC[@]}" --mode $mode --threads 1
done

# A signal within an epoch: the last epoch's checkpoint stays, and is what goes on.
"$S" generate ratings --samples 1300000 --users 2000 --items 900 -o long
set -m
interrupt() { # seconds to wait behind the first checkpoint, or, with "", from the beginning: what it says
    rm -f c
    "$S" train "${MC[@]}" -q --mode average-gradients --threads 2 --batch 2 --epochs 100000 --checkpoint c long >o 2>"$err" &
    local pid=$!
    if [[ -n $1 ]]; then for _ in $(seq 600); do [[ -e c ]] && break; sleep 0.05; done; sleep "$1"; else sleep 0.9; fi
    kill -INT $pid; wait $pid; same $? 130
}
within() {
    for pause in 0.02 0.1 0.3 0.05 0.2 0.4 0.01 0.5; do
        interrupt $pause || return 1
        grep -q "; c holds where to go on, the end of the last epoch: the same command with --resume c ends in the same model" "$err" && return 0
        grep -q "; c holds where to go on: the same" "$err" || { cat "$err"; return 1; }
    done
    echo "NOTE: no signal came within an epoch"
}
check "a signal within an epoch" within
on_from_there() {
    local epochs; run train "${MC[@]}" --mode average-gradients --batch 2 --epochs 0 --resume c long
    epochs=$(sed -nE 's/.* the checkpoint is ([0-9]+) epochs on, .*/\1/p' "$err"); [[ -n $epochs ]] || { cat "$err"; return 1; }
    done_with train -q "${MC[@]}" --mode average-gradients --batch 2 --epochs $((epochs + 1)) -o part --resume c long &&
        done_with train -q "${MC[@]}" --mode average-gradients --batch 2 --epochs $((epochs + 1)) -o whole long && cmp part whole
}
check "… and goes on to the same model" on_from_there
nothing_yet() {
    for _ in 1 2 3 4 5 6; do
        interrupt "" && [[ ! -e c ]] && grep -q "; no epoch has ended, so there is no new checkpoint" "$err" && return 0
    done
    echo "NOTE: no signal came within the first epoch"
}
check "a signal within the first epoch" nothing_yet
set +m

# --- traces ---------------------------------------------------------------------------------------
same_traces() { # shellcheck disable=SC2086
    for t in 1 3; do done_with train -q $M --mode average-gradients --threads $t --trace t$t ratings || return 1; done
    cmp t1 t3
}
check "average-gradients has one trace on any number of threads" same_traces
for mode in locked round-robin average-runs; do
    traced() { # shellcheck disable=SC2086
        done_with train -q $M --mode $mode --threads 2 --trace t ratings && done_with bisect t t; }
    check "$mode can be traced" traced
done
traces_by_mode() { # shellcheck disable=SC2086
    for mode in serial locked average-runs; do done_with train -q $M --mode $mode --threads 1 --trace $mode.t ratings || return 1; done
    cmp serial.t locked.t && cmp serial.t average-runs.t
}
check "on one thread their traces are serial's" traces_by_mode

# --- bench ----------------------------------------------------------------------------------------
all() {
    done_with bench "${MC[@]}" --epochs 1 --rounds 2 --threads 2 --modes all --planners lanes --batch 64 --json -q ratings || return 1
    local n found=''
    n=$(./json "$out" 'rows.#')
    for ((i = 0; i < n; i++)); do
        found+="$(./json "$out" "rows.$i.mode") "
        [[ $(./json "$out" "rows.$i.mode") =~ ^(serial|planned)$ ]] && want=true || want=false
        same "$(./json "$out" "rows.$i.same_bits")" $want || { echo "row $i"; return 1; }
    done
    same "$found" "serial planned hogwild locked round-robin average-runs average-gradients "
    same "$(./json "$out" "rows.6.model_hash")" \
        "$(model_hash "${MC[@]}" --epochs 1 --mode average-gradients --batch 64 ratings)"
}
check "bench --modes all" all
whole_runs() {
    done_with bench "${MC[@]}" --epochs 2 --rounds 1 --threads 2 --modes average-runs --average-every run --json -q ratings &&
        same "$(./json "$out" rows.1.model_hash)" "$(hash_of average-runs --threads 2 --average-every run)"
}
check "bench of whole runs" whole_runs

# --- orders that change, which planned runs on one thread where planning them does not pay ----------
says() { local text=$1; shift; done_with "$@" && grep -qF "$text" "$out"; }
R=("${MC[@]}" --order reshuffle)
check "plan says that planning every order does not pay" says "planning every epoch anew takes more" plan "${R[@]}" --threads 2 long
seq 1 500 | awk '{ print $1, $1, 1 }' >apart
check "plan blames boundaries where few steps conflict" says "Boundaries between batches cost more" plan --model matrix-completion --threads 2 --boundary-ns 1e6 apart
check "plan says what auto would do instead" says "auto would plan otherwise" plan "${MC[@]}" --planner levels --boundary-ns 300 --threads 2 long
check "plan on as many lanes as gain most" says "hardly more on any other number" plan "${MC[@]}" --step-ns 1e5 --threads 1024 long
each_boundary() { # a plan of levels depends on the cost of boundaries
    done_with plan "${MC[@]}" --planner levels --boundary-ns 500 --json long || return 1
    local i=0; for i in 0 3 7; do same "$(./json "$out" predicted.$i.with_boundary)" "$(./json "$out" predicted.$i.by_boundary_ns.500)" || return 1; done
}
check "plan --planner levels: each cost has its plan" each_boundary
serial_anyhow() { yes '1 1:1' | head -n 300 >chain.svm; done_with plan --model svm --planner "$1" --threads 2 --json chain.svm && same "$(./json "$out" auto_serial)" true; }
for planner in auto lanes levels components; do check "plan: auto runs a chain serially, --planner $planner" serial_anyhow $planner; done
check "train says that it ran serially" says "planned, 1 thread: run serially, conflicts and planning" train "${R[@]}" --threads 2 --epochs 3 long
if [[ $(nproc) -gt 1 ]]; then
    check "… and what the others did" says "samples are arranged ahead by the others" train "${R[@]}" --threads 2 --epochs 3 long
else
    echo "NOTE: one processor: nothing is arranged ahead here"
fi
for t in 1 2 5; do
    check "… the same model on $t threads" same "$(model_hash "${R[@]}" --threads $t --epochs 4 long)" "$(model_hash "${R[@]}" --mode serial --epochs 4 long)"
done
check "… and planned nevertheless" same "$(model_hash "${R[@]}" --threads 2 --planner lanes --epochs 4 long)" \
    "$(model_hash "${R[@]}" --mode serial --epochs 4 long)"

finish
