#!/bin/bash
# Every command with every call failing, one after another: the cases. `sweep` makes the calls fail
# and judges what is left (sweep/main.c); its lines are summed up here, a line a kind.
# Environment: B: the build directory; FAULTY: the one of the instrumented build with faults/sequent
# and faults/sweep; JOBS: sweeps at once; CASES: some of the sweeps alone; VERBOSE: name the harmless
# calls; FAULTS_LONG: more cases.
# shellcheck source=tests/support/shell.sh
. "$(dirname "$0")/../support/shell.sh"
FAULTY=$(cd "${FAULTY:?}" && pwd) || exit 2
P=$FAULTY/faults/sequent
JOBS=${JOBS:-$(nproc)}
export TMPDIR=$scratch
export ASAN_OPTIONS=exitcode=99:quarantine_size_mb=1 UBSAN_OPTIONS=exitcode=99
cd "$scratch" || exit 2
mkdir lines seeded

sweep() { # name, kinds, folder, arguments …; every: which of the calls behind the first forty (a long run: all)
    local name=$1 kinds=$2 folder=$3 every=${every:-1}; shift 3
    [[ -z ${FAULTS_LONG:-} ]] || every=1
    [[ -z ${CASES:-} || " $CASES " == *" $name "* ]] || return 0
    while (($(jobs -rp | wc -l) >= JOBS)); do wait -n; done
    "$FAULTY/faults/sweep" ${VERBOSE:+-v} -e "$every" -n "$name" -k "$kinds" "$folder" -- "$P" "$@" >"lines/$name" 2>&1 &
}

# --- does LeakSanitizer work here? ----------------------------------------------------------------
# It stops the process by ptrace, which a container may forbid. The seams count what is held too.
"$P" generate ratings --samples 60 --users 10 --items 8 -o r || exit 2
if "$P" --version >lsan 2>&1; then
    SEQUENT_FAULT=leak:1 "$P" plan --model matrix-completion r >lsan 2>&1
    grep -q 'detected memory leaks' lsan && lsan=yes
fi
if [[ -z ${lsan:-} ]]; then
    ASAN_OPTIONS+=:detect_leaks=0
    echo "faults: NOT TESTED: LeakSanitizer does not work here ($(grep -m 1 Sanitizer lsan || echo no report)): leaks are found by the seams' own counts alone"
fi

# --- what the cases read --------------------------------------------------------------------------
MC="--model matrix-completion --rank 2"
made() { "$P" "$@" >made 2>&1 || { cat made; exit 2; }; }
made generate ratings --samples 40 --users 10 --items 8 --seed 2 -o other
made generate linear --samples 40 --features 20 --nonzeros 3 -o x
gzip -k x
awk '{ $1 = NR % 4 } 1' x >four
for ((i = 0; i < 90; i++)); do echo $((i * i % 60)); done >order
{ echo '%%MatrixMarket matrix coordinate real general'; echo '10 8 3'; printf '1 1 3\n2 8 4\n10 3 1\n'; } >market
mkdir data earlier resume results
made generate image --width 8 --height 6 -o e --terminals seeds
cp r x x.gz four order market e seeds data
# shellcheck disable=SC2086
{
    made train $MC --epochs 1 --seed 7 --lock l --checkpoint c -o m r
    made train $MC --epochs 1 --seed 7 --trace t r
    cp data/* m l c t earlier
    made train $MC --epochs 2 --order reshuffle --threads 2 --checkpoint c r
    cp data/* c m resume
    made train $MC --epochs 2 --lock l --trace t -o m r
    made train $MC --epochs 2 --step-decay 0.5 --trace u r
    made train --model svm --epochs 2 -o s x
    made train --model graph-cut --terminals seeds --epochs 2 --lock k -o g e
    made train --model logistic --epochs 2 -o h four
    cp data/* l t u m s k g h results
}
rm -f l c t u m s k g h

# What is judged is whether a file is whole, by comparison: a mode whose models differ from run to run
# takes steps of size 0.
still() { [[ $1 != round-robin ]] || echo "--step 0"; }

# --- training, which writes -----------------------------------------------------------------------
FILES="open open+ read read+ write write+ fsync fsync+ rename rename+ close"
ALL="alloc thread thread+ $FILES short intr int term"
# shellcheck disable=SC2086
{
    sweep train-checkpoint "$ALL alloc+" earlier train $MC --epochs 2 --threads 2 --planner lanes --check-plan \
        --lock l --checkpoint c -o m r
    sweep train-trace "$ALL" data train --model svm --epochs 2 --threads 2 --planner levels --lock l --trace t -o m \
        --test x --json x.gz
    sweep train-trace-again "$FILES int term" earlier train $MC --epochs 2 --threads 2 --planner components \
        --lock l --trace t -o m r
    sweep train-new "$FILES int term" data train $MC --epochs 2 --threads 1 --lock l --checkpoint c -o m r
    sweep resume "$ALL" resume train $MC --epochs 3 --order reshuffle --threads 3 --planner components --resume c \
        --checkpoint c --lock l -o m r
    sweep train-order-file "alloc $FILES int" data train $MC --epochs 2 --threads 2 --planner auto --order file:order \
        --lock l -o m r
    sweep train-market "alloc read short intr" data train $MC --epochs 1 --mode serial -o m market
    sweep train-cut "$ALL" data train --model graph-cut --terminals seeds --epochs 2 --threads 2 --planner lanes \
        --lock l --checkpoint c -o m e
    sweep train-classes "alloc" data train --model logistic --bias --l2 0.1 --epochs 1 --threads 2 --planner lanes \
        --test four -o m four
    for mode in hogwild locked round-robin average-runs average-gradients; do
        sweep train-$mode "alloc alloc+ thread" data train --model logistic --bias --epochs 2 --order reshuffle \
            --mode $mode $(still $mode) --threads 2 -o m x
    done
}

# --- what only reads ------------------------------------------------------------------------------
READS="open open+ read read+ close short intr int"
sweep verify "$READS thread" results verify --threads 2 --planner lanes l
sweep verify-json "alloc" results verify --threads 2 --planner lanes --json l
sweep verify-cut "alloc $READS" results verify --threads 2 --planner lanes k
sweep predict-cut "alloc $READS" results predict g e
sweep bisect "$READS" results bisect t u
sweep bisect-json "alloc" results bisect --json t u
sweep bisect-same "open" results bisect t t
sweep eval "alloc $READS" results eval m r
sweep eval-json "alloc" results eval --json s x.gz
sweep predict "alloc $READS" results predict m r
sweep predict-scores "alloc" results predict --scores h four
sweep hash "alloc $READS" results hash m s
sweep hash-json "alloc alloc+" results hash --json m s
sweep plan "$READS" data plan --model matrix-completion --threads 2 r
every=7 sweep plan-alloc "alloc" data plan --model matrix-completion --threads 2 --batch 16 --check-plan market
sweep plan-json "alloc" data plan --model svm --threads 2 --planner levels --json x
# shellcheck disable=SC2086
every=97 sweep bench "alloc open read short intr int thread" data bench $MC -q --epochs 1 --rounds 1 --threads 2 \
    --planners lanes --modes serial,planned --json r

# --- generate -------------------------------------------------------------------------------------
for kind in ratings linear graph; do
    sweep generate-$kind "alloc $FILES short intr int term" earlier generate $kind --samples 8000 -o m
done

sweep generate-image "alloc $FILES short intr int term" earlier generate image --width 60 --height 40 -o m \
    --terminals l --picture c --truth t

# --- threads --------------------------------------------------------------------------------------
for threads in 1 2 3 4 5 6 7 8; do
    for mode in planned hogwild locked round-robin average-runs average-gradients; do
        # shellcheck disable=SC2086
        sweep "threads-$threads-$mode" "thread thread+" data train $MC --epochs 1 --threads $threads --mode $mode $(still $mode) \
            --planner lanes -o m r
    done
done
if [[ -n ${FAULTS_LONG:-} ]]; then
    for planner in auto lanes levels components; do
        for model in svm logistic least-squares; do
            sweep "long-$model-$planner" "$ALL alloc+" earlier train --model $model --epochs 3 --threads 3 \
                --planner $planner --order reshuffle --lock l --checkpoint c -o m --test x --json x
        done
        # shellcheck disable=SC2086
        sweep "long-trace-$planner" "$ALL alloc+" earlier train $MC --epochs 3 --threads 3 --planner $planner \
            --lock l --trace t -o m r
    done
    sweep long-plan "alloc alloc+" data plan --model matrix-completion --threads 2 --check-plan r
    sweep long-bisect "alloc+" results bisect --json t t
    sweep long-generate "alloc+ write" earlier generate linear --samples 100000 -o m
fi
wait

# --- the checks find what they should -------------------------------------------------------------
# shellcheck disable=SC2086
"$FAULTY/faults/sweep" -s -e 7 -n seeded -k "leak skip" data -- "$P" train $MC --epochs 1 --threads 2 --planner lanes \
    --lock l -o m r >seeded/lines 2>&1

# --- sums -----------------------------------------------------------------------------------------
cat lines/* seeded/lines >"$FAULTY/faults/log"
cat lines/* | grep -v "^faults: " | head -n ${SHOWN:-60}
for name in lines/*; do
    grep -q '^faults: .* lost$' "$name" || { echo "no result of ${name#lines/}"; failed=$((failed + 1)); }
done
# Each injected fault is a check.
read -r passed lost < <(cat lines/* | sed -n 's/^faults: [^ ]* [^ ]*: \([0-9]*\) injected.* \([0-9]*\) lost$/\1 \2/p' |
    awk '{ n += $1; l += $2 } END { print n - l, l }')
failed=$((failed + lost))
cat lines/* | sed -nE 's/^faults: [^ ]* ([a-z]+)[+]?: ([0-9]+) injected, ([0-9]+) harmless, ([0-9]+) lost$/\1 \2 \3 \4/p' |
    awk '{ n[$1] += $2; h[$1] += $3; l[$1] += $4 }
         END { for (k in n) printf "faults: %-6s %5d injected, %3d harmless by design, %d lost\n", k, n[k], h[k], l[k] }' |
    sort
# A seam that nothing calls any more would go unnoticed.
all_kinds() {
    local kind
    for kind in alloc close fsync int intr open read rename short term thread write; do
        (($(cat lines/* | sed -nE "s/^faults: [^ ]* $kind[+]?: ([0-9]+) injected.*/\1/p" | paste -sd +) >= 40)) ||
            { echo "too few: $kind"; return 1; }
    done
}
[[ -n ${CASES:-} ]] || check "every kind was injected" all_kinds
for kind in leak skip; do # blocks that are not released; renames that are not done
    check "every seeded $kind is found" grep -qE "$kind: [1-9][0-9]* injected.* 0 lost\$" seeded/lines
done
finish
