#!/bin/bash
# make install and uninstall, as a packager and a user of the library meet them.
# Environment: B, the build directory; CC; SANITIZED (an instrumented build is not installed).
set -u
B=${B:-build} CC=${CC:-gcc}
[[ -z ${SANITIZED:-} ]] || { echo "0 passed, 0 failed (an instrumented build is not for installing)"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
check() { # description, command …
    local what=$1; shift
    if "$@" >"$scratch/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)); echo "not ok: $what"; cat "$scratch/out"
    fi
}

root=$scratch/root
check "install" make -s B="$B" CC="$CC" DESTDIR="$root" PREFIX=/usr install
check "the program is there" test -x "$root/usr/bin/sequent"
check "the header is there" test -f "$root/usr/include/sequent/plan.h"
check "the pkg-config file names the version" grep -q "^Version: [0-9]" "$root/usr/lib/pkgconfig/sequent.pc"
check "the pkg-config file has the prefix" grep -qx "prefix=/usr" "$root/usr/lib/pkgconfig/sequent.pc"

field() { sed -n "s/^$1: //p" "$root/usr/lib/pkgconfig/sequent.pc" | sed "s|\${[a-z]*dir}|$root/usr/$2|"; }
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$scratch/user.c"
# shellcheck disable=SC2046
check "a program builds against the shared library" \
    $CC -std=c11 $(field Cflags include) "$scratch/user.c" -o "$scratch/user" $(field Libs lib) -lm
check "it needs the soname" grep -q "libsequent\.so\.0" <(LC_ALL=C ldd "$scratch/user")
check "it runs" env LD_LIBRARY_PATH="$root/usr/lib" "$scratch/user"

check "uninstall" make -s B="$B" CC="$CC" DESTDIR="$root" PREFIX=/usr uninstall
check "nothing is left" test -z "$(find "$root" ! -type d)"

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
