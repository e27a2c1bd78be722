# What the tests of the program share: it is run as a user types it. They need bash, coreutils and
# gzip, and compile tests/cli/json.c (jansson).
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"
S=$B/sequent
tests=$(dirname "${BASH_SOURCE[0]}")/..
$CC -std=c11 -O1 "$tests/cli/json.c" -ljansson -o "$scratch/json" || exit 1
[[ -x $S ]] || { echo "no $S" >&2; exit 1; }

# Runs the program: $out, $err are files; status its exit status.
out=$scratch/out err=$scratch/err
run() { "$S" "$@" >"$out" 2>"$err" </dev/null; status=$?; }

# One that is done: exit 0.
done_with() {
    run "$@"
    [[ $status == 0 ]] || { echo "exit $status: $(head -n 3 "$err")"; return 1; }
}

# One that is refused: exit 2, one line of message that matches, nothing on standard output.
refused() { # pattern, arguments …
    local pattern=$1; shift
    run "$@"
    [[ $status == 2 ]] || { echo "exit $status, expected 2: $(head -n 3 "$err")"; return 1; }
    [[ ! -s $out ]] || { echo "standard output: $(head -n 3 "$out")"; return 1; }
    [[ $(wc -l <"$err") == 1 ]] || { echo "not one line: $(head -n 5 "$err")"; return 1; }
    grep -qE -- "$pattern" "$err" || { echo "not '$pattern': $(cat "$err")"; return 1; }
}

# The field of the JSON that the arguments print.
field() { # path, arguments …
    local path=$1; shift
    done_with "$@" --json -q && "$scratch/json" "$out" "$path"
}
model_hash() { field model_hash train "$@"; }

same() { # two words that should be equal
    [[ -n $1 && $1 == "$2" ]] || { echo "'$1' and '$2'"; return 1; }
}
differ() { [[ -n $1 && -n $2 && $1 != "$2" ]] || { echo "both '$1'"; return 1; }; }
hex() { [[ $1 =~ ^[0-9a-f]{32}$ ]] || { echo "no hash: '$1'"; return 1; }; }
