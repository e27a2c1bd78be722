# The harness of the shell tests; they source it. Environment: B, the build directory; CC;
# SANITIZED, set where the build is instrumented. A test is a function or a command: its exit status
# decides, and what it prints is shown where it fails.
set -u
B=${B:-build} CC=${CC:-gcc} SANITIZED=${SANITIZED:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

check() { # description, command …
    local what=$1; shift
    if "$@" >"$scratch/.shown" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok: $what"
        sed 's/^/    /' "$scratch/.shown" | head -n 20
    fi
}

# Passes where nothing is printed.
silent() {
    local shown
    shown=$("$@" 2>&1)
    [[ -z $shown ]] || { echo "$shown"; return 1; }
}

finish() {
    echo "$passed passed, $failed failed"
    [[ $failed == 0 ]]
    exit
}
