#!/bin/bash
# graph-cut and generate image, as a user runs them: train, eval, predict, lock, verify, trace, bisect,
# resume, plan, bench; terminals right and wrong.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S

# --- generate image -------------------------------------------------------------------------------
# The same on every machine, compiler and optimisation level.
image() { # sha256 of all four files, arguments of generate image …
    local want=$1; shift
    done_with generate image "$@" -o e --terminals t --picture p --truth g && [[ ! -s $out && ! -s $err ]] &&
        same "$(cat e t p g | sha256sum | cut -d' ' -f1)" "$want"
}
check "the bytes" image 6c646eaacae0f9ce9d15f01bfa086f3d9560b6df3e6f0884ad7429ac5d02cd83
check "… two labels" image b6bc94ffff30497da993f0aaf332bf922842f4fc9f85cef1ed73a68b0dc49c43 --labels 2 --width 31 --height 17 --noise 0 --seed 5
check "… many labels" image 5c8b40bd2ee698ddcb171014b26537d94b30a17b7729cc174eb69c6fb090bc49 --labels 9 --width 80 --height 100 --noise 7.5 --seed 18446744073709551615
check "to standard output" cmp <("$S" generate image --labels 9 --width 80 --height 100 --noise 7.5 --seed 18446744073709551615 --terminals t2) e
check "… the terminals are the same" cmp t t2
shape() { # width × height, labels
    local w=$1 h=$2 k=$3
    done_with generate image --width "$w" --height "$h" --labels "$k" -o e --terminals t --picture p --truth g &&
        same "$(wc -l <e)" $((2 * w * h - w - h)) && same "$(wc -l <g)" $((w * h)) &&
        same "$(cut -d' ' -f2 t | sort -nu | paste -sd' ')" "$(seq -s' ' 0 $((k - 1)))" &&
        same "$(sort -n -u -k1,1 t | cmp - t && comm -13 <(sort g) <(sort t) | wc -l)" 0 &&
        same "$(head -c 9 p | head -n 2 | tail -n 1)" "$w $h" && same "$(stat -c %s p)" $((9 + ${#w} + ${#h} + w * h))
}
for size in "20 10 2" "10 20 3" "64 48 5" "7 7 3" "200 3 2"; do
    # shellcheck disable=SC2086
    check "as large as asked for: $size" shape $size
done
check "another seed, another picture" differ "$("$S" generate image --seed 1 --terminals t | sha256sum)" \
    "$("$S" generate image --seed 2 --terminals t | sha256sum)"
i() { local pattern=$1; shift; rm -f none; refused "$pattern" generate image -o none "$@" && [[ ! -e none && ! -e t9 ]]; }
check "without --terminals" i "--terminals is required"
check "no room" i "no room for 64 labels" --width 8 --height 8 --labels 64 --terminals t9
for o in "--width 1" "--height 16385" "--labels 1" "--labels 65" "--noise 256" "--noise -1" "--samples 5" "--skew 1" "--nodes 5" "--rank 2"; do
    # shellcheck disable=SC2086
    check "generate image $o" i "^sequent: " $o --terminals t9
done
check "exact L2" refused '--l2 is not for graph-cut' train --model graph-cut --terminals t9 --l2 1 --l2-form exact e9
check "one file for two things" i "--terminals and --truth are the same file" --terminals t9 --truth ./t9
check "… whatever the two" i "-o and --picture are the same file" --terminals t9 --picture none
check "no place for one: none is written" i "nowhere/g" --terminals t9 --truth nowhere/g
for o in "--width 5" "--labels 3" "--terminals t9" "--picture t9" "--truth t9"; do
    # shellcheck disable=SC2086
    check "generate graph $o" refused "is for (linear and )?image, not for graph" generate graph $o
done

# --- a segmentation -------------------------------------------------------------------------------
"$S" generate image --width 60 --height 40 -o e --terminals t --truth g
M="--model graph-cut --terminals t"
segment() { # shellcheck disable=SC2086
    done_with train $M --epochs 200 --step-decay 0.966 --threads 2 --planner lanes --check-plan -o m -q e &&
        done_with predict m e && cp "$out" found || return 1
    local wrong; wrong=$(diff found g | grep -c '^<')
    [[ $(wc -l <found) == 2400 && $wrong -le 48 ]] || { echo "$wrong pixels of 2400 are wrong"; return 1; }
}
check "nearly all pixels are right" segment
cut_weight() {
    local metric; metric=$(field metric eval m e) && same "$("$scratch/json" "$out" metric_name)" "cut weight" &&
        awk -v m="$metric" 'NR == FNR { l[$1] = $2; next } l[$1] != l[$2] { s += $3 }
            END { d = s - m; exit !(s > 0 && d < 1e-4 && d > -1e-4) }' found e
}
check "the metric is the weight of what is cut" cut_weight
check "eval prints it" grep -qE '^cut weight +[0-9]+\.[0-9]{6}$' <("$S" eval m e)
scores() { # of each node the numbers of all labels, which add up to 1; the greatest is the prediction
    done_with predict --scores m e && paste -d' ' "$out" found | awk '
        NF != 6 || $1 != $5 { bad = 1 }
        { s = $2 + $3 + $4; best = 0; for (k = 1; k < 3; k++) if ($(k + 2) > $(best + 2)) best = k
          if (s < 0.999999 || s > 1.000001 || best != $6) bad = 1 } END { exit bad || NR != 2400 }'
}
check "predict --scores" scores
pinned() { same "$(join <(sort t) <(sort found) | awk '$2 != $3' | wc -l)" 0; }
check "terminals keep their labels" pinned
printf '0 1 2\n1 99999 4\n99999 99999 1\n' >other
unseen() { done_with predict m other && same "$(cut -d' ' -f1 "$out" | paste -sd' ')" "0 1 99999" && same "$(tail -n 1 "$out")" "99999 nan" &&
    grep -q "2 of 3 samples" "$err" && same "$(field unseen eval m other)" 2; }
check "a node that training never saw" unseen
check "train --test" done_with train $M --epochs 1 --test other e
check "… names the metric" grep -q "test cut weight" "$out"

# --- same bits ------------------------------------------------------------------------------------
base=$(model_hash $M --mode serial --epochs 3 e)
for how in "--threads 1" "--threads 2 --planner lanes --check-plan" "--threads 3 --planner levels --check-plan" \
    "--threads 2 --planner components --check-plan" "--threads 64 --planner lanes" "--mode hogwild --threads 1"; do
    # shellcheck disable=SC2086
    check "$how has the serial bits" same "$base" "$(model_hash $M --epochs 3 $how e)"
done
check "hogwild trains" hex "$(model_hash $M --epochs 3 --mode hogwild --threads 4 e)"
check "packed, with commas" same "$base" "$(model_hash --model graph-cut --terminals <(tr ' ' ',' <t | gzip) --epochs 3 <(gzip <e))"
check "terminals from standard input" same "$base" "$("$S" train --model graph-cut --terminals - --epochs 3 --json e <t |
    tee j >/dev/null; ./json j model_hash)"
check "data from standard input" same "$base" "$("$S" train $M --epochs 3 --json - <e | tee j >/dev/null; ./json j model_hash)"
for other in "--seed 2" "--step 0.011" "--step-decay 0.6" "--order sequential"; do
    # shellcheck disable=SC2086
    check "$other changes the model" differ "$base" "$(model_hash $M --epochs 3 $other e)"
done

# --- terminals ------------------------------------------------------------------------------------
m() { # pattern, content of the terminals (printf's), options …
    local pattern=$1 content=$2; shift 2
    # shellcheck disable=SC2059
    printf "$content" >bad
    rm -f none; refused "$pattern" train --model graph-cut --terminals bad -q -o none "$@" e && [[ ! -e none ]]
}
check "--terminals is required" refused "--terminals is required" train --model graph-cut e
check "--terminals is for graph-cut" refused "--terminals is for graph-cut" train --model svm --terminals t e
check "an empty file" m "^bad:1:1: .*two labels" ''
check "one label" m "^bad:3:1: .*two labels" '1 2\n3 2\n'
check "no label" m "^bad:2:2: .*a label" '1 2\n3\n'
check "a node that is none" m "^bad:2:1: .*a node" '1 2\n-3 4\n'
check "a node with two labels" m "^bad:3:1: found node 1 with the label 5, expected 2 as in line 1" '1 2\n3 4\n1 5\n'
check "… the same label again is none" done_with train --model graph-cut --terminals <(cat t t) --epochs 1 e
check "no file" refused "nowhere: " train --model graph-cut --terminals nowhere e
check "both from standard input" refused "--terminals and the data cannot both be" train --model graph-cut --terminals - -
check "… the test too" refused "--terminals and --test cannot both be" train --model graph-cut --terminals - --test - e
check "only one label of nodes with edges" m "two labels; those of nodes that have edges are of 1" '1 2\n3 2\n88888 3\n'
strangers() { done_with train --model graph-cut --terminals <(cat t; printf '77777 0\n88888 1\n') --epochs 3 --json e &&
    same "$(cat "$err")" "sequent: warning: 2 of $(($(wc -l <t) + 2)) terminals are nodes without an edge: they are ignored" &&
    same "$("$scratch/json" "$out" model_hash)" "$base"; }
check "nodes without an edge are ignored, with one warning" strangers
check "a negative weight" refused "weight -1 of edge 1 \(2, 3\)" train --model graph-cut --terminals <(printf '2 0\n3 1\n') <(printf '1 2\n2 3 -1\n')
check "--l2" refused "--l2 is not for graph-cut" train $M --l2 0.1 e
check "… 0 is none" done_with train $M --l2 0 --epochs 1 e
check "--rank" refused "--rank" train $M --rank 3 e
check "--bias" refused "--bias" train $M --bias e
check "a format that cannot hold edges" refused "edges are read from" train $M --format svmlight e
for o in -o --lock --trace --checkpoint; do
    check "$o on the terminals" refused "$o and --terminals are the same file" train $M $o ./t e
done
check "… they are whole" cmp <(cut -d' ' -f1,2 t) t

# --- lock and verify ------------------------------------------------------------------------------
verified() { done_with verify "$@" && same "$(tail -n 1 "$out")" "verified: the same model, bit for bit"; }
differs() { # pattern, arguments of verify …
    local pattern=$1; shift
    run verify "$@"
    [[ $status == 1 ]] || { echo "exit $status, expected 1: $(cat "$out" "$err")"; return 1; }
    tail -n 1 "$out" | grep -qE -- "$pattern" || { echo "not '$pattern': $(cat "$out")"; return 1; }
}
mkdir d
check "train --lock" done_with train $M --epochs 2 --lock d/l e
check "the lock names the terminals" same "$(./json d/l terminals) $(./json d/l data)" "../t ../e"
check "… with their hash" hex "$(./json d/l terminals_hash)"
for how in "" "--mode serial" "--threads 3 --planner levels" "--threads 2 --planner lanes --check-plan"; do
    # shellcheck disable=SC2086
    check "verify $how" verified $how d/l
done
same_lock() { done_with train $M --epochs 2 --threads 3 --planner lanes --lock d/l2 e && cmp d/l d/l2; }
check "every way to run writes the same lock" same_lock
check "no other lock has terminals" silent bash -c "printf '+1 1:1\n-1 2:1\n' >r; '$S' train -q --model svm --lock rl r >o; grep terminals rl"
sed '5s/ .*/ 2/' t >t2
check "other terminals" differs "^different from epoch 1 on: the terminals differ" --terminals t2 d/l
check "… in one ignored line" differs "the terminals differ" --terminals <(cat t; echo 77777 0) d/l
check "… of one label" differs "^different: the terminals differ" --terminals <(printf '1 0\n99999 1\n') d/l
check "… as JSON" same "$("$S" verify --json --terminals t2 d/l | tee j >/dev/null; ./json j terminals_differ; ./json j cause)" "true
the terminals differ"
check "other data come first" differs "the data differ" --terminals t2 --data <(head -n 4000 e) d/l
mv t t3
check "without its terminals: exit 2, and which" refused 't: .*No such file' verify d/l
check "--terminals PATH" verified --terminals t3 d/l
mv t3 t
check "--terminals for another lock" refused "--terminals is for graph-cut" verify --terminals t rl
edited() { sed "s/\"$1\"/\"no_$1\"/" d/l >d/l3; refused "\"$1\"" verify d/l3; }
for key in terminals terminals_hash; do check "a lock without $key" edited $key; done

# --- trace and bisect -----------------------------------------------------------------------------
traced() { local file=$1; shift; done_with train -q --trace "$file" "$@"; }
check "train --trace" traced a $M --epochs 2 --mode serial e
check "… on threads" traced b $M --epochs 2 --planner lanes --threads 2 e
check "the same bytes" cmp a b
check "bisect: the same" grep -qx "the runs are the same, step by step" <("$S" bisect a b)
check "tracing changes no bit" same "$(model_hash $M --epochs 3 --trace c e)" "$base"
parts() { # pattern …
    run bisect a c; [[ $status == 1 ]] || { echo "exit $status"; return 1; }
    local pattern; for pattern; do grep -qE "$pattern" "$out" || { cat "$out"; return 1; }; done
}
traced a $M --epochs 2 --order sequential e
awk 'NR == 3001 { $3 += 0.25 } 1' e >e2
read -r u v _ < <(sed -n 3001p e)
traced c $M --epochs 2 --order sequential e2
check "a changed weight: by nodes" parts "the data hashes differ" "step 3000, sample 3000 \((node $u, node $v|node $v, node $u)\)" \
    "same reads, other writes: the data differ"
traced c --model graph-cut --terminals t2 --epochs 2 --order sequential e
check "other terminals" parts "model or hyperparameters differ" "the initial values differ" "other reads"

# --- checkpoints ----------------------------------------------------------------------------------
done_with train $M --epochs 4 --lock whole.lock -o whole -q e
goes_on() { # shellcheck disable=SC2086
    done_with train $M --epochs 2 --checkpoint c -q --planner lanes --threads 2 e &&
        done_with train $M --epochs 4 --resume c --lock part.lock -o part -q e && cmp whole part && cmp whole.lock part.lock; }
check "--resume ends in the same model and lock" goes_on
check "… not with other terminals" refused "another run: --terminals differs" train --model graph-cut --terminals t2 --epochs 4 --resume c e

# --- plan, bench, hash ----------------------------------------------------------------------------
check "plan" done_with plan $M --threads 2 --check-plan e
check "plan --json" same "$(field samples plan $M e) $(field blocks plan $M e) $(field hyperedge_max plan $M e)" "4700 2400 2"
check "plan without terminals" refused "--terminals is required" plan --model graph-cut e
check "bench" done_with bench $M --rounds 1 --epochs 1 --threads 2 --planners all -q e
check "bench: planned rows have serial's bits" silent awk '/^planned/ && /[0-9a-f]{32}/ && !/yes/' "$out"
check "hash of the model file" same "$("$S" hash whole)" "$(./json whole.lock model_hash)  whole"

finish
