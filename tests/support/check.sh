# What every test in bash needs: to check, to wait with a deadline, to skip and to fail aloud. Sourced; a test's own clean-up
# (trap ... EXIT) is where logs are shown.
# shellcheck shell=bash

checks=0
about='' # what is being tested, for messages: set by tests of several parts

skip() { printf 'SKIPPED: %s\n' "$*" >&2; exit 77; }
failed() { printf 'FAILED: %s%s\n' "${about:+$about: }" "$*" >&2; exit 1; }

expect() { # words, wanted, got
    [ "$2" = "$3" ] || failed "$1: wanted $2, got $3"
    checks=$((checks + 1))
    printf 'ok: %s (%.100s)\n' "$1" "$2"
}

# Until a command succeeds, or the test has failed.
await() { # seconds, words, command...
    local until=$((SECONDS + $1)) words="$2, within $1 s"
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || failed "$words"
        sleep 0.05
    done
}

# Below the ports that the system gives out itself.
free_port() {
    local port
    while port=$((10000 + RANDOM % 22000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    printf '%s' "$port"
}
