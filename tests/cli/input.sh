#!/bin/bash
# What the program reads: malformed, extreme, packed, piped.
# shellcheck source=tests/support/cli.sh
. "$(dirname "$0")/../support/cli.sh"
cd "$scratch" || exit 1
[[ $S == /* ]] || S=$OLDPWD/$S

# --- malformed input ------------------------------------------------------------------------------
# Refused with a message that begins with the place; no model is left, an earlier one is whole.
bad() { # content (printf's), pattern behind FILE:, model, options …
    local content=$1 pattern=$2 model=$3; shift 3
    # shellcheck disable=SC2059
    printf "$content" >bad.txt
    rm -f none; echo earlier >kept
    refused "^bad.txt:$pattern" train --model "$model" --epochs 1 -q -o none "$@" bad.txt || return 1
    [[ ! -e none ]] || { echo "a model was left"; return 1; }
    refused "^bad.txt:" train --model "$model" --epochs 1 -q -o kept "$@" bad.txt || return 1
    same "$(cat kept)" earlier
}
check "empty file" bad '' '1:1: ' svm
check "comments alone" bad '# x\n\n' '[0-9]+:1: ' svm
check "text" bad 'hello world\nfoo\n' "1:1: found 'hello'" svm
check "a cut row" bad '+1 1:0.5 2:\n' '1:' svm
check "an index without a value" bad '+1 1:0.5 2\n' '1:10: ' svm
check "NaN" bad '+1 1:nan\n-1 2:1\n' '1:6: ' svm
check "infinity" bad '+1 1:1\n-1 2:inf\n' '2:6: ' svm
check "a number beyond binary32" bad '+1 1:1\n-1 2:1e39\n' '2:6: ' svm
check "a repeated index" bad '+1 3:1 3:2\n-1 1:1\n' '1:8: ' svm
check "a negative index" bad '+1 -3:1\n-1 1:1\n' '1:4: ' svm
check "an index of 2^32 - 1" bad '+1 4294967295:1\n-1 1:1\n' '1:4: ' svm
check "an index far beyond" bad '+1 99999999999:1\n-1 1:1\n' '1:4: ' svm
check "no label" bad '1:1 2:2\n' '1:1: ' svm
check "a NUL byte" bad '+1 1:1\0\n-1 2:1\n' '1:' svm
check "two columns" bad '1 2\n3 4\n' '1:' matrix-completion
check "a rating that is text" bad '1 2 3\n1 3 x\n' '2:5: ' matrix-completion
check "a negative user" bad '1 2 3\n-1 3 1\n' '2:1: ' matrix-completion
check "a Matrix Market file that lies about its size" bad \
    '%%%%MatrixMarket matrix coordinate real general\n2 2 4000000000\n1 1 1\n' '[0-9]+:' matrix-completion \
    --format matrix-market
check "a Matrix Market file with an index out of range" bad \
    '%%%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n' '3:' matrix-completion
check "a file that is not there" refused "^sequent: nowhere: .*No such file" train --model svm nowhere
check "a folder" refused "^sequent: \.: .*directory" train --model svm .
printf '+1 1:1\n-1 2:1\n' >rows
check "a bad test set" refused "^bad.txt:" train --model svm --test bad.txt rows
check "eval of no model" refused "^sequent: rows: not a model" eval rows rows
check "hash of no model" refused "^sequent: rows: not a model" hash rows

# --- orders ---------------------------------------------------------------------------------------
bad_order() { # content, pattern
    printf '%b' "$1" >order
    refused "^order:$2" train --model svm --order file:order rows
}
check "an empty order" bad_order '' '1:1: '
check "an order of text" bad_order '0\nx\n' "2:1: found 'x'"
check "a sample number too large" bad_order '0\n2\n' "2:1: found '2', expected a sample number from 0 to 1"
check "a negative sample number" bad_order '-1\n' '1:1: '
check "two numbers in a line" bad_order '0 1\n' '1:'
check "an order that is not there" refused "nowhere" train --model svm --order file:nowhere rows

# --- the same data by other ways ------------------------------------------------------------------
gzip -k rows
data_hash() { field data_hash train --model svm "$@"; }
want=$(data_hash rows)
check "data_hash is 32 digits" hex "$want"
check "a .gz file" same "$want" "$(data_hash rows.gz)"
cp rows.gz packed
check "gzip whatever the name" same "$want" "$(data_hash packed)"
check "standard input" same "$want" "$("$S" train --model svm --json -q - <rows >j && ./json j data_hash)"
check "packed standard input" same "$want" "$("$S" train --model svm --json -q - <rows.gz >j && ./json j data_hash)"
check "a pipe" same "$want" "$(cat rows | "$S" train --model svm --json -q - >j && ./json j data_hash)"
check "/dev/stdin" same "$want" "$("$S" train --model svm --json -q /dev/stdin <rows >j && ./json j data_hash)"
check "a cut .gz file" refused "short|early" train --model svm <(head -c 30 rows.gz)
check "a file whose name is an option" same "$want" "$(cp rows ./--help; "$S" train --model svm --json -q -- --help >j && ./json j data_hash)"
check "a file name with blanks" same "$want" "$(cp rows 'a b'; data_hash 'a b')"
place_of_stdin() { printf '+1 1:1\nx\n' | "$S" train --model svm - >o 2>e; [[ $? == 2 ]] && grep -q '^.*standard input:2:1: ' e; }
check "standard input has lines too" place_of_stdin
"$S" train --model svm -q -o model rows >o
check "a model from standard input" same "$("$S" hash model | cut -c1-32)" "$("$S" hash - <model | cut -c1-32)"
check "predict with bad data" refused "^bad.txt:" predict model bad.txt
check "eval with bad data" refused "^bad.txt:" eval model bad.txt
check "eval reads data from standard input" same "$("$S" eval model rows)" "$("$S" eval model - <rows)"

# --- small and extreme data -----------------------------------------------------------------------
trains() { # content, model, options …
    local content=$1 model=$2 h; shift 2
    printf '%b' "$content" >data
    for mode in serial planned hogwild; do
        h=$(model_hash --model "$model" --mode $mode --threads 3 "$@" data) || { echo "$h"; return 1; }
        hex "$h" || return 1
        [[ $mode == serial ]] && local want=$h
        [[ $mode == hogwild || $h == "$want" ]] || { echo "$mode: $h, serial $want"; return 1; }
    done
    for planner in lanes levels components; do
        h=$(model_hash --model "$model" --planner $planner --threads 3 --check-plan "$@" data) ||
            { echo "$h"; return 1; }
        same "$h" "$want" || return 1
    done
}
for m in svm logistic least-squares; do
    check "$m: one sample" trains '1 1:1\n' $m
    check "$m: one sample without entries" trains '1\n' $m
    check "$m: empty rows alone" trains '1\n-1\n1\n' $m
    check "$m: empty rows among others" trains '1\n-1 3:1\n1\n1 1:2 3:1\n' $m
    check "$m: the same sample again and again" trains "$(printf '1 1:1 2:-1\\n%.0s' {1..50})" $m
    check "$m: the largest index" trains '1 4294967294:1\n-1 0:1 4294967294:-1\n' $m
    check "$m: with a bias" trains '1 1:1\n-1 4294967294:1\n-1\n' $m --bias
    check "$m: zeros for values" trains '1 1:0\n-1 2:0\n' $m
    check "$m: no line end at the end" trains '1 1:1\n-1 2:1' $m
    check "$m: carriage returns" trains '1 1:1\r\n-1 2:1\r\n' $m
done
check "matrix completion: one rating" trains '7 9 3\n' matrix-completion
check "matrix completion: the largest numbers" trains '4294967294 0 3\n0 4294967294 4\n' matrix-completion
check "matrix completion: one rating again and again" trains "$(printf '1 1 3\\n%.0s' {1..50})" matrix-completion
check "matrix completion: zeros" trains '1 1 0\n2 2 0\n' matrix-completion
check "matrix completion: rank 1" trains '1 1 3\n2 1 4\n' matrix-completion --rank 1
check "matrix completion: rank 100" trains '1 1 3\n2 1 4\n' matrix-completion --rank 100
check "1024 threads for two samples" done_with train --model svm --planner lanes --threads 1024 --epochs 1 rows
parameters() { printf '1 4294967294:1\n-1 0:1\n' >data; same "$(field parameters train --model svm data)" 2; }
check "parameters exist for coordinates that occur" parameters
diverges() {
    printf '1 1 100\n1 2 -100\n2 1 5\n' >data; echo earlier >kept
    refused "diverged.*step" train --model matrix-completion --step 10 -q -o kept --json data && same "$(cat kept)" earlier
}
check "a run that diverges" diverges

finish
