#!/bin/bash
# The requests for memory are in the objects: a compiler that takes a function that only asks for one
# without effect drops them, and nothing else would tell. See src/base/prefetch.h.
# shellcheck source=tests/support/shell.sh
. "$(dirname "$0")/../support/shell.sh"
asks() { # object, at least so many
    local n; n=$(objdump -d "$B/src/$1.o" | grep -cE '\bprefetch|\bprfm|\bpfd\b')
    ((n >= $2)) || { echo "$1: $n requests, expected $2 at least"; return 1; }
}
case $(uname -m) in
x86_64 | aarch64)
    for object in data/arranged:5 data/packed:2 model/linear:12 model/multiclass:8 model/matrix_completion:4 plan/lanes:1 plan/pairs_two:1 plan/pairs_many:1 data/order:1 exec/trace:3 exec/gradients:3 exec/average_gradients:2 exec/locked:3 exec/round_robin:1; do
        check "the requests of ${object%:*}" asks "${object%:*}" "${object#*:}"
    done
    ;;
*) echo "NOTE: prefetching is not looked for on $(uname -m)" ;;
esac
finish
