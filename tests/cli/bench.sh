#!/bin/bash
# sequent bench: what it reports, what it refuses, what it writes. No time is judged.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
"$S" generate ratings --samples 3000 --users 200 --items 150 -o ratings
"$S" generate linear --samples 500 --features 100 --nonzeros 6 -o rows
MC=(--model matrix-completion --rank 4)
FEW=(--rounds 2 --epochs 2)
bench() { done_with bench "${MC[@]}" "${FEW[@]}" -q "$@" ratings; }

# --- JSON -----------------------------------------------------------------------------------------
at() { ./json "$out" "$1"; }
number() { [[ $1 =~ ^-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?$ ]] || { echo "no number: '$1'"; return 1; }; }
boolean() { [[ $1 == true || $1 == false ]] || { echo "no boolean: '$1'"; return 1; }; }
contract() { # rows
    local f i
    ./json "$out" && number "$(at rounds)" && same "$(at 'rows.#')" "$1" || return 1
    for ((i = 0; i < $1; i++)); do
        for f in threads seconds_per_epoch plan_seconds speedup speedup_min speedup_max ceiling loss \
            seconds_per_epoch_min ns_per_step ns_per_nonzero steps_per_second speedup_with_planning; do
            number "$(at "rows.$i.$f")" || { echo "rows.$i.$f"; return 1; }
        done
        hex "$(at "rows.$i.model_hash")" && boolean "$(at "rows.$i.same_bits")" &&
            [[ -n $(at "rows.$i.mode") && -n $(at "rows.$i.planner") ]] || { echo "row $i"; return 1; }
    done
}
# Each row as "mode planner threads".
rows() {
    local i n; n=$(at 'rows.#')
    for ((i = 0; i < n; i++)); do echo "$(at "rows.$i.mode") $(at "rows.$i.planner") $(at "rows.$i.threads")"; done
}
lists() { # rows, a line each -- arguments
    local want=$1; shift
    bench --json "$@" && same "$(rows)" "$want" && contract "$(wc -l <<<"$want")"
}
check "two threads: the contract's fields" lists $'serial none 1\nplanned auto 2\nplanned lanes 2\nhogwild none 2' --threads 2
has_serials() { # rows of planned have serial's bits, hash and loss
    local i n; n=$(at 'rows.#')
    for ((i = 0; i < n; i++)); do
        [[ $(at "rows.$i.mode") =~ ^(serial|planned)$ ]] || continue
        same "$(at "rows.$i.same_bits")" true && same "$(at "rows.$i.model_hash")" "$(at rows.0.model_hash)" &&
            same "$(at "rows.$i.loss")" "$(at rows.0.loss)" && same "$(at "rows.$i.distance_max")" 0 || return 1
    done
}
check "planned has serial's bits" has_serials
vs() { same "$(at rows.0.vs_hogwild)" null && number "$(at rows.1.vs_hogwild)" && same "$(at rows.3.vs_hogwild)" 1; }
check "time against hogwild's at equal threads, where there is one" vs
check "serial's speed-up is 1" same "$(at rows.0.speedup)" 1
check "its ceiling too" same "$(at rows.0.ceiling)" 1
check "epochs, rounds and steps are told" same "$(at epochs) $(at rounds) $(at steps)" "2 2 3000"
train_hash=$(model_hash --mode serial "${MC[@]}" --epochs 2 ratings)
check "the hash is that of train" same "$(bench --json --threads 2 && at rows.0.model_hash)" "$train_hash"
train_loss() { field epochs.1.loss train --mode serial "${MC[@]}" --epochs 2 ratings; }
check "and so is the loss" same "$(bench --json --threads 2 && at rows.0.loss)" "$(train_loss)"
check "what is asked twice runs once" lists $'serial none 1\nplanned levels 1\nplanned levels 3' --modes planned,planned \
    --planners levels,levels --threads 1,3,1
check "all bits are serial's there" has_serials
check "without hogwild there is nothing to compare with" same "$(at rows.1.vs_hogwild)" null
all() { bench --json --modes all --planners all --threads 2,5 && contract "$(at 'rows.#')" && has_serials && [[ $(at 'rows.#') -ge 11 ]]; }
check "--modes all --planners all" all
check "more threads than processors" lists $'serial none 1\nhogwild none 40' --modes hogwild --threads 40
defaults() { bench --json && contract "$(at 'rows.#')" && rows | grep -qx 'hogwild none 1' && rows | grep -qx 'planned auto 1'; }
check "the default: one thread, and the processors" defaults
default_rounds() { done_with bench "${MC[@]}" --json -q --modes serial ratings && same "$(at rounds) $(at epochs)" "7 3"; }
check "the default: 7 rounds of 3 epochs" default_rounds
linear() { done_with bench --model "$1" "${FEW[@]}" -q --json --threads 2 --order "$2" --l2 0.1 rows && contract 4 && has_serials; }
for model in svm logistic least-squares; do
    for order in shuffle reshuffle sequential replacement; do check "$model, $order" linear $model $order; done
done
for ((i = 0; i < 700; i++)); do echo $((i * i % 500)); done >order
check "an order from a file" linear svm file:order
per_nonzero() { # a row has 6 non-zeros
    awk -v a="$(at rows.0.ns_per_step)" -v b="$(at rows.0.ns_per_nonzero)" 'BEGIN { exit !(a / b > 3 && a / b <= 6.01) }'
}
check "ns per step and per non-zero" per_nonzero

# --- text -----------------------------------------------------------------------------------------
text() { bench --threads 2 && grep -qE '^serial +- +1 .*[0-9]' "$out" && grep -qE '^planned +lanes +2 .*yes .*[0-9a-f]{32}$' "$out" &&
    grep -q 'ceiling' "$out" && grep -q '^rounds     2 of ' "$out" && [[ ! -s $err ]]; }
check "tables" text
# How far apart the processors are: told where two threads run on two of them.
told() { # two threads: a line, a number for each turn; one thread: neither
    bench --threads 2 && grep -qE '^handover +[0-9]+ ns \([0-9]+ … [0-9]+\) from one' "$out" &&
        bench --json --threads 2 && number "$(at handover_ns)" && number "$(at handover_ns_max)" &&
        same "$(at 'run_handover_ns.#')" $(($(at rounds) * $(at runs_per_round)))
}
silent_of_it() { # command before bench
    "$@" "$S" bench "${MC[@]}" "${FEW[@]}" -q --json --threads "$THREADS" ratings >"$out" 2>"$err" &&
        same "$(at handover_ns) $(at 'run_handover_ns.#')" "null 0" &&
        "$@" "$S" bench "${MC[@]}" "${FEW[@]}" -q --threads "$THREADS" ratings >"$out" 2>"$err" && ! grep -q '^handover' "$out"
}
bench --json --threads 1
if (($(at processors) > 1)); then
    check "how far apart the processors are" told
else
    echo "bench: NOT TESTED: one processor: how far apart two are"
fi
THREADS=1 check "one thread hands nothing over" silent_of_it
THREADS=2 check "nor does one processor" silent_of_it taskset -c "$(taskset -cp $$ | grep -oE '[0-9]+' | tail -n 1)"
warns() { done_with bench "${MC[@]}" "${FEW[@]}" --modes serial ratings && grep -q '^sequent: warning: 2 rounds: ' "$err"; }
check "few rounds are told" warns

to_file() { bench --threads 2 -o report && grep -q '^hogwild' "$out" && cp report "$out" && contract 4; }
check "-o writes the JSON report beside the tables" to_file
both_json() { bench --json --threads 2 -o report && cmp -s "$out" report; }
check "-o writes what --json prints" both_json
check "-o into a missing folder" refused "^sequent: missing/r: .*No such file" bench "${MC[@]}" -o missing/r ratings
check "-o and --html into one file" refused "^sequent: -o and --html are the same file: p" bench "${MC[@]}" -o p --html p ratings
check "-o over the data" refused "^sequent: -o and the data are the same file: ratings" bench "${MC[@]}" -o ratings ratings
check "-o to where standard output goes" refused "^sequent: -o and standard output are the same file: /dev/stdout" bench "${MC[@]}" -o /dev/stdout ratings
piped() { "$S" bench "${MC[@]}" "${FEW[@]}" -q --modes serial "$@" -o /dev/stdout ratings | grep -q '"run_seconds"'; }
check "-o /dev/stdout into a pipe" piped
mkfifo fifo
unread() { timeout -s INT 3 "$S" bench "${MC[@]}" "${FEW[@]}" -q --modes serial -o fifo ratings >"$out" 2>"$err"; [[ $? == 124 ]] && grep -q "^sequent: fifo: cannot open it: Interrupted" "$err"; }
check "a FIFO that nobody reads: ended by a signal" unread
read_late() { { sleep 0.5; cat fifo >fromfifo; } & bench --modes serial -o fifo && wait $! && cp fromfifo "$out" && contract 1; }
check "a FIFO: its reader gets the report" read_late
unwritten() { # pattern -- arguments: exit 2, and the tables are there all the same
    run "${@:2}"; [[ $status == 2 ]] && grep -q "$1" "$err" && grep -q '^serial ' "$out" || { head -n 3 "$out" "$err"; return 1; }
}
check "-o /dev/full" unwritten "/dev/full: .*No space" bench "${MC[@]}" "${FEW[@]}" -q -o /dev/full ratings

# --- refused --------------------------------------------------------------------------------------
no() { local p=$1; shift; refused "$p" bench "${MC[@]}" "$@" ratings; }
check "--modes bogus names the modes" no "^sequent: --modes: found 'bogus', expected planned, serial, hogwild" --modes serial,bogus
check "--planners bogus names the planners" no "--planners: found 'x', expected auto, lanes, levels, components" --planners x
for v in 0 1025 x 1,,2 1, ,1 -1 1.5 ' 1' 99999999999999999999; do check "--threads '$v'" no "^sequent: --threads: " --threads "$v"; done
for o in --modes --planners --threads --html --svg; do check "$o ''" no "^sequent: $o: found ''" $o ''; done
for v in 0 x -1 1001; do check "--rounds '$v'" no "^sequent: --rounds: " --rounds "$v"; done
for v in 0 1000001; do check "--epochs $v" no "^sequent: --epochs: " --epochs $v; done
check "--mode is not an option of bench" no "unknown or ambiguous" --mode x
for o in --test --lock --trace --checkpoint --resume; do check "$o is no option of bench" no "unknown" $o x; done
check "no data" refused "found 0 arguments" bench --model svm
check "no model" refused "--model is required" bench rows
check "bad data" refused "^ratings:" bench --model svm ratings
check "a run that diverges names its contestant" no "^sequent: serial, 1 thread: .*diverged" --step 1e30 --rounds 1
cp ratings $'ratings\xff'
seq 0 $(($(wc -l <ratings) - 1)) >$'order\xff'
no_utf8() { bench --json --modes serial --order $'file:order\xff' && same "$(at order)" 'file:order\xff'; }
check "a name that is no UTF-8" no_utf8
decides() { bench --json --modes serial --seed 7 --batch 11 && same "$(at seed) $(at minibatch) $(at average_every) $(at batch) $(at deferrals)" "7 11 epoch 11 null"; }
check "what decides the figures is in the report" decides
full() { "$S" bench "${MC[@]}" "${FEW[@]}" -q "$@" ratings >/dev/full 2>"$err"; [[ $? == 2 ]] && grep -q 'No space left' "$err"; }
check "a full disk" full --modes serial
check "a full disk, JSON" full --modes serial --json

# --- plots ----------------------------------------------------------------------------------------
# A gnuplot of our own: what $behaves says.
mkdir fake place
cat >fake/gnuplot <<'GNUPLOT'
#!/bin/bash
[[ $1 == --version ]] && { [[ ${behaves:-} != no-version ]]; exit; }
cat >>"$SCRIPTS"
case ${behaves:-well} in
well) echo "<?xml version='1.0'?><svg width='9' height='9'><rect/></svg>" ;;
half) echo "<?xml version='1.0'?><svg width='9'" ;;
nothing) ;;
fails) echo '         line 0: undefined function: bogus' >&2; exit 1 ;;
dies) kill -KILL $$ ;;
GNUPLOT
echo 'esac' >>fake/gnuplot
chmod +x fake/gnuplot
export SCRIPTS=$scratch/scripts
faked() { local path=$PATH; PATH=$scratch/fake:$PATH "$@"; local code=$?; PATH=$path; return $code; }
empty() { [[ -z $(ls -A place) ]] || { ls -lA place; return 1; }; }
P=(bench "${MC[@]}" "${FEW[@]}" --threads 1,2 -q)

both() {
    rm -rf place/* scripts
    faked done_with "${P[@]}" --html place/page.html --svg place/new ratings &&
        same "$(cd place && find . -type f | sort | tr '\n' ' ')" "./new/loss.svg ./new/speedup.svg ./new/spread.svg ./page.html " &&
        same "$(grep -c '<svg' place/page.html)" 3 && same "$(grep -c '<table>' place/page.html)" 3 &&
        grep -q '</html>' place/page.html && grep -q '</svg>' place/new/loss.svg && grep -q '^hogwild' "$out"
}
check "--html and --svg" both
again() { faked done_with "${P[@]}" --json --svg place/new ratings && ./json "$out" && same "$(ls place/new | wc -l)" 3; }
check "--svg into a folder that is there, with --json" again
scripts_hold() { grep -q 'set terminal svg' scripts && grep -q 'ceiling' scripts && grep -q '^\$runs' scripts; }
check "the scripts hold the data" scripts_hold
odd='a"<b>$(touch x)`touch x`'"'; system('touch x') #"
odd_name() {
    cp ratings "$odd"; rm -rf scripts x
    faked done_with "${P[@]}" --html place/page.html "$odd" && [[ ! -e x ]] && ! grep -q touch scripts &&
        grep -qF '&lt;b&gt;$(touch x)' place/page.html && ! grep -qF '<b>' place/page.html
}
check "an odd name of a file is text on the page, and nowhere else" odd_name
rm -rf place/*
vain() { # behaviour, pattern
    behaves=$1 faked unwritten "$2" "${P[@]}" --html place/page.html --svg place/new ratings && empty
}
export behaves
check "gnuplot fails: its own words, no file" vain fails "^sequent: gnuplot failed: line 0: undefined function: bogus"
check "gnuplot writes half a picture" vain half "gnuplot failed: .*no whole"
check "gnuplot writes nothing" vain nothing "gnuplot failed: .*no whole"
check "gnuplot dies" vain dies "gnuplot failed"
no_version() { behaves=no-version faked refused "gnuplot failed" "${P[@]}" --html place/page.html ratings && empty; }
check "gnuplot does not run: found before the work" no_version
unset behaves
without() { # its PATH holds no gnuplot
    PATH=$scratch/none "$S" "$@" >"$out" 2>"$err" </dev/null
    [[ $? == 2 && ! -s $out ]] && grep -q 'gnuplot.*not found.*gnuplot-nox' "$err" && empty
}
check "no gnuplot: --html" without "${P[@]}" --html place/page.html ratings
check "no gnuplot: --svg, before hours of work" without bench "${MC[@]}" --epochs 1000000 --svg place/new ratings
plain() { PATH=$scratch/none "$S" "${P[@]}" ratings >"$out" 2>"$err"; [[ $? == 0 && ! -s $err ]]; }
check "no gnuplot, no plots: nothing is missed" plain
check "a page in a missing folder" faked refused "^sequent: missing/p: .*No such file" "${P[@]}" --html missing/p ratings
check "plots in a missing folder's folder" faked refused "^sequent: missing/new: .*No such file" "${P[@]}" --svg missing/new ratings
check "plots in the data" faked refused "^sequent: --svg and the data are the same file: ratings" "${P[@]}" --svg ratings ratings
check "plots in a file" faked refused "^sequent: rows" "${P[@]}" --svg rows ratings
mkdir plots; cp ratings plots/loss.svg
check "plots over the data" faked refused "^sequent: --svg and the data are the same file: plots/loss.svg" "${P[@]}" --svg plots plots/loss.svg
check "plots over the page" faked refused "^sequent: --svg and --html are the same file: plots/spread.svg" "${P[@]}" --svg plots --html plots/spread.svg ratings
check "plots in the report" faked refused "^sequent: --svg and -o are the same file: plots/new" "${P[@]}" --svg plots/new -o plots/new ratings
check "a page in place of a folder" faked refused "place: .*directory" "${P[@]}" --html place ratings
check "/dev/full takes no page" faked unwritten "/dev/full: .*No space" "${P[@]}" --html /dev/full ratings
check "/dev/null takes a page" faked done_with "${P[@]}" --html /dev/null ratings
check "nothing is left behind" empty
small() { # a page that the disk does not take leaves the earlier one
    echo earlier >place/page.html
    (trap '' XFSZ; ulimit -f 2; PATH=$scratch/fake:$PATH exec "$S" "${P[@]}" --html place/page.html ratings) >"$out" 2>"$err" </dev/null
    [[ $? == 2 ]] && grep -q 'too large' "$err" && same "$(cat place/page.html)" earlier && same "$(ls -A place)" page.html
}
check "a full disk leaves the earlier page" small
rm -f place/*
interrupted() { # a background job, and whoever is a child of one, ignores SIGINT unless told otherwise
    env --default-signal=INT,TERM "$S" "${P[@]}" --epochs 1000000 --svg place/new --html place/page ratings >"$out" 2>"$err" </dev/null &
    local pid=$!
    sleep 0.5
    kill -"$1" $pid; wait $pid 2>/dev/null
    same $? "$2" && empty
}
PATH=$scratch/fake:$PATH
check "SIGINT leaves nothing behind" interrupted INT 130
check "SIGTERM leaves nothing behind" interrupted TERM 143
PATH=${PATH#"$scratch/fake:"}

if command -v gnuplot >/dev/null; then
    real() {
        done_with "${P[@]}" --html place/page.html --svg place/new ratings || return 1
        local f; for f in place/new/{loss,speedup,spread}.svg; do
            python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$f" && grep -q '</svg>' "$f" || return 1
        done
        grep -q 'planned, ' place/new/loss.svg && grep -q '>ceiling<' place/new/speedup.svg && grep -q '>1 result<' place/new/spread.svg || {
            grep -hoE '>[^<]+<' place/new/*.svg | head -n 40; return 1; }
    }
    check "gnuplot draws the three pictures" real
    others() { rm -rf place/*; done_with bench --model svm --rounds 1 --epochs "$1" -q --threads "$2" --modes "$3" --order reshuffle --svg place rows; }
    check "one thread" others 1 1 serial,planned,hogwild
    check "serial alone" others 2 1 serial
    check "planned alone: all zero" others 2 3 planned
    check "many threads, many epochs" others 40 1,2,3,8 all
    quiet_gnuplot() { [[ ! -s $err ]] || cat "$err"; }
    check "gnuplot says nothing" silent quiet_gnuplot
else
    echo "bench: NOT TESTED: gnuplot is not installed (make deps): that it takes the scripts"
fi

finish
