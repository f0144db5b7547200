#!/usr/bin/env bash
# Sourced by the tests of data/: words for what is checked.

case_name='' cases=0

it() { # a case's name
    case_name=$1
    cases=$((cases + 1))
}
fail() {
    printf 'FAILED: %s: %s\n' "$case_name" "$*" >&2
    exit 1
}
same() { # what, got, expected
    [ "$2" = "$3" ] || fail "$1: got \"$2\", expected \"$3\""
}
wait_for() { # seconds, command...
    local i
    for ((i = 0; i < $1 * 50; i++)); do
        "${@:2}" && return 0
        sleep 0.02
    done
    fail "waited $1 s for: ${*:2}"
}
passed() { printf '%d cases passed\n' "$cases"; }
