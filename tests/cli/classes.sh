#!/bin/bash
# More than two labels, as a user meets them: every command on one model of several classes.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S
# Rows of the classes -1.5, 0, 3, 10 and 1e6: of every five features one is a class's own, and occurs
# more often than the others.
awk 'function below(n) { x = (x * 16807) % 2147483647; return x % n }
    BEGIN { x = 1; split("-1.5 0 3 10 1e6", name, " ")
        for (i = 0; i < 3000; i++) {
            class = below(5); line = name[class + 1]
            for (five = below(4); five < 80; five += 1 + below(24))
                line = line " " 5 * five + (below(4) ? class : below(5)) ":" 1 + below(3)
            print line
        } }' >all
head -n 2500 all >rows
tail -n 500 all >held_out
labels='-1.5 0 3 10 1000000'

for m in svm logistic; do
    T="--model $m --seed 5"
    # --- the same bits -------------------------------------------------------------------------------
    same_bits() { # arguments of train …
        local serial; serial=$(model_hash "$@" --mode serial)
        hex "$serial" || return 1
        for how in "--threads 1" "--planner lanes --threads 2" "--planner levels --threads 3 --check-plan" \
            "--planner components --threads 5" "--mode hogwild --threads 1"; do
            # shellcheck disable=SC2086
            same "$(model_hash $how "$@")" "$serial" || { echo "$how"; return 1; }
        done
    }
    # shellcheck disable=SC2086
    for more in "" "--l2 0.1 --bias" "--order reshuffle --schedule inverse" "--order replacement --step 1 --step-decay 0.5"; do
        check "$m $more: the same bits" same_bits $T --epochs 2 $more rows
    done
    # --- learns; eval, predict -----------------------------------------------------------------------
    learns() { # shellcheck disable=SC2086
        done_with train $T --test held_out -o $m.model --lock $m.lock --trace $m.trace rows || return 1
        awk -v a="$(field metric eval $m.model held_out)" 'BEGIN { exit !(a > 0.8) }'
    }
    check "$m learns" learns
    parameters() { # shellcheck disable=SC2086
        same "$(field parameters train $T --epochs 0 rows)" $((5 * $(cut -d' ' -f2- rows | tr ' ' '\n' | cut -d: -f1 | sort -u | wc -l)))
    }
    check "$m: parameters are features × labels" parameters
    predicted() { same "$("$S" predict -q $m.model rows | sort -gu | tr '\n' ' ')" "$labels "; }
    check "$m: predict gives the labels of the data" predicted
    accuracy() {
        paste -d' ' <("$S" predict -q $m.model held_out) held_out |
            awk '{ hits += $1 + 0 == $2 + 0 } END { printf "%.6f\n", hits / NR }' >counted
        same "$(cat counted)" "$(printf %.6f "$(field metric eval $m.model held_out)")"
    }
    check "$m: predictions give the accuracy" accuracy
    scores() { # five a line; the label is that of the largest
        paste -d' ' <("$S" predict -q $m.model rows) <("$S" predict -q --scores $m.model rows) |
            awk -v names="$labels" 'BEGIN { split(names, name, " ") }
                NF != 6 { bad++ } { t = 1; for (i = 2; i <= 5; i++) if ($(i + 1) > $(t + 1)) t = i; bad += $1 + 0 != name[t] + 0 }
                END { exit bad > 0 || NR != 2500 }'
    }
    check "$m: predict --scores" scores
    unseen() {
        { head -n 10 rows; echo "4 1:1"; echo "3 999999:1"; } >strange
        same "$(field unseen eval $m.model strange)" 2
    }
    check "$m: unseen labels and features" unseen
    hashed() { same "$("$S" hash $m.model)" "$(field model_hash eval $m.model rows)  $m.model"; }
    check "$m: hash" hashed
    # --- lock, trace, resume, plan, bench ------------------------------------------------------------
    check "$m: verify" done_with verify --threads 3 $m.lock
    other_label() {
        awk 'NR == 1234 { $1 = $1 == 3 ? 10 : 3 } 1' rows >changed
        run verify --data changed $m.lock
        [[ $status == 1 ]] && grep -q "the data differ" "$out"
    }
    check "$m: verify sees a changed label" other_label
    fewer_labels() { # two labels: a model of another width
        sed 's/^[^ 0]*/1/' rows >two
        run verify --data two $m.lock
        [[ $status == 1 ]] && grep -q "the data differ" "$out"
    }
    check "$m: verify on two labels" fewer_labels
    bisected() { # shellcheck disable=SC2086
        done_with train $T --trace same.trace --threads 3 --planner lanes rows && done_with bisect $m.trace same.trace || return 1
        # shellcheck disable=SC2086
        done_with train $T --trace other.trace changed && run bisect $m.trace other.trace
        [[ $status == 1 ]] && grep -q "sample 1233 (feature" "$out" && grep -q "the data differ" "$out"
    }
    check "$m: bisect finds a changed label's step" bisected
    goes_on() { # shellcheck disable=SC2086
        done_with train $T -q --epochs 4 --checkpoint c rows &&
            done_with train $T -q --resume c --threads 3 --planner lanes -o m --lock part.lock rows &&
            cmp m $m.model && cmp part.lock $m.lock
    }
    check "$m: resume" goes_on
    not_on_others() { # shellcheck disable=SC2086
        refused "data" train $T -q --resume c two
    }
    check "$m: resume with other labels is refused" not_on_others
    check "$m: plan" done_with plan --model $m rows
    benched() { same "$(field rows.1.same_bits bench --model $m --epochs 1 --rounds 1 --threads 2 rows)" true; }
    check "$m: bench" benched
done

# --- labels that cannot be told apart -----------------------------------------------------------------
many() { seq 65537 | awk '{ print $1 / 4 " 1:1" }' >many && refused "svm tells at most 65536 labels apart, the data have 65537" train --model svm many; }
check "too many labels" many
biggest() { head -n 65536 many >most && done_with train --model svm --epochs 1 -q most; }
check "as many as there may be" biggest
few() { printf '1 1:1\n2 1:1\n3 1:1\n' >few && same "$(field parameters train --model svm few)" 3; }
check "three samples, three labels" few

finish
