#!/bin/bash
# Disks that fill up and files that may not grow, at every size: exit 2, a message that names the
# file, earlier files whole, nothing left behind.
# shellcheck source=tests/faults/common.sh
. "$(dirname "$0")/common.sh"
"$S" generate ratings --samples 3000 --users 1500 --items 400 -o data
mkdir earlier whole
T="train $M --rank 8 --epochs 2 --threads 2 --planner lanes"
# shellcheck disable=SC2086
{
    "$S" $T --seed 9 --lock earlier/l --checkpoint earlier/c -o earlier/m data >out || exit 2
    "$S" $T --seed 9 --trace earlier/t data >out || exit 2
    "$S" generate linear --samples 3000 -o earlier/g || exit 2
}
names=(l c m t g)

# What is written, and the files of each.
commands=("$T --lock place/l --checkpoint place/c -o place/m data" "$T --lock place/l --trace place/t data"
    "generate graph --samples 40000 -o place/g")

# After a run into place/: exit 0 with complete files, or 2 with all that is asked for.
as_promised() { # status, pattern of the message
    local f complete
    [[ -z $(temporaries place/) ]] || { echo "left behind: $(temporaries place/)"; return 1; }
    for f in "${names[@]}"; do
        [[ -e place/$f ]] || { echo "gone: $f"; return 1; }
        for complete in earlier/$f whole/$f whole/${f}1 none; do
            ! cmp -s place/$f $complete || break
        done
        [[ $complete != none ]] || { echo "neither earlier nor complete: $f"; return 1; }
    done
    [[ $1 != 0 ]] || return 0
    [[ $1 == 2 ]] || { echo "exit $1"; cat err; return 1; }
    [[ $(wc -l <err) == 1 ]] && grep -qE "^sequent: place/[lcmtg]: .*($2)" err || { cat err; return 1; }
}

# The complete files; c1: the checkpoint of the first epoch, which stands when the first write behind
# it is killed: a checkpoint is a write, an fsync, a rename, and the folder's fsync.
for command in "${commands[@]}"; do
    rm -rf place; cp -r earlier place
    # shellcheck disable=SC2086
    "$S" $command >out || exit 2
    for f in "${names[@]}"; do cmp -s place/$f earlier/$f || cp place/$f whole; done
done
rm -rf place; mkdir place
(SEQUENT_FAULT=kill:5 "$P" ${commands[0]}; exit) >out 2>&1
cp place/c whole/c1 || exit 2

# --- a file system of so many pages ---------------------------------------------------------------
# Runs in a mount namespace of its own, with nothing left when it ends.
fill() { # pages that are free for the command
    local used
    rm -rf place/*; cp earlier/* place/ || return 1
    used=$(($(stat -f -c '%b - %f' place)))
    mount -o "remount,size=$(((used + $1) * 4096))" place || return 1
    # shellcheck disable=SC2086
    "$S" $command >out 2>err
    status=$?
    as_promised $status 'No space left on device'
}
tmpfs() {
    local command pages full=0
    mount -t tmpfs -o size=16m tmpfs place || return 1
    for command in "${commands[@]}"; do
        status=2
        for ((pages = 0; status != 0 && pages < 2000; pages++)); do
            mount -o remount,size=16m place
            fill $pages >why 2>&1 || { echo "$pages pages free: $command: $(cat why)"; return 1; }
            full=$((full + (status == 2)))
        done
        [[ $status == 0 ]] || { echo "never done: $command"; return 1; }
    done
    echo $full >full
}
alone=(unshare -m)
[[ $(id -u) == 0 ]] || alone=(unshare -rm)
rm -rf place; mkdir place
if "${alone[@]}" mount -t tmpfs tmpfs place 2>refused; then
    export -f tmpfs fill as_promised temporaries
    export S T
    declare -p commands names >arrays
    check "a full disk, whatever is free" "${alone[@]}" bash -c '. ./arrays; tmpfs'
    echo "faults: disk   $(cat full 2>/dev/null || echo 0) runs on a full tmpfs, $failed lost"
else
    echo "faults: NOT TESTED: a full tmpfs: mounting is not allowed here: $(head -n 1 refused)"
fi

# --- files that may not grow ----------------------------------------------------------------------
limits=0
limited() { # bytes, whether SIGXFSZ is ignored beforehand, command
    rm -rf place; cp -r earlier place
    # shellcheck disable=SC2086
    ([[ $2 == no ]] || trap '' XFSZ; exec prlimit --fsize="$1" -- "$S" $3) 2>&1 >/dev/null | cat >err
    status=${PIPESTATUS[0]}
    as_promised $status 'File too large'
}
every_limit() { # whether SIGXFSZ is ignored, command
    local size step=4096
    [[ -z ${FAULTS_LONG:-} ]] || step=256
    status=2
    for ((size = 0; status != 0 && size < 10000000; size += step)); do
        limited $size "$1" "$2" >why 2>&1 || { echo "at most $size bytes: $(cat why)"; return 1; }
        limits=$((limits + (status == 2)))
    done
    [[ $status == 0 ]]
}
for command in "${commands[@]}"; do
    for ignored in yes no; do
        check "files of at most N bytes, for every N, SIGXFSZ ignored: $ignored: $command" every_limit $ignored "$command"
    done
done
check "limits were met" test $limits -ge 30
echo "faults: limit  $limits runs with too small a limit on file sizes, $failed lost in all"

# --- /dev/full ------------------------------------------------------------------------------------
full_device() {
    "$S" "$@" >out 2>err
    [[ $? == 2 && $(wc -l <err) == 1 ]] && grep -q '^sequent: /dev/full: .*No space left on device' err ||
        { cat err; return 1; }
}
# shellcheck disable=SC2086
if [[ -w /dev/full ]]; then
    for option in -o --lock --checkpoint --trace; do
        check "$option /dev/full" full_device $T $option /dev/full data
    done
    check "generate -o /dev/full" full_device generate ratings --samples 100 -o /dev/full
    check "generate -o /dev/full, much" full_device generate ratings --samples 100000 -o /dev/full
else
    echo "faults: NOT TESTED: /dev/full is not there"
fi
finish
