#!/usr/bin/env bash
# ./pipeline setup on machines that lack something: a tool that is too old is named with what is needed; who is not root is told the line
# to run, or on a terminal asked, and nothing is installed without a yes. The machine is this one with a few programs in front of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/check.sh disable=SC1091
. tests/support/check.sh
command -v apt-get >/dev/null || skip 'no apt-get'
work=$(mktemp -d /tmp/taxi-setup-XXXXXX)
trap 'rm -rf "$work"' EXIT
export TLC_DEPS=$work/deps
mkdir -p "$work/bin" "$work/deps/bin" # deps/bin: what ./pipeline puts first
pretend() { # program, line of shell
    printf '#!/bin/sh\n%s\n' "$2" >"$work/deps/bin/$1"
    chmod +x "$work/deps/bin/$1"
}
setup() { # wanted status
    local status=0
    ./pipeline setup >"$work/said" 2>&1 </dev/null || status=$?
    expect "exit status, $about" "$1" "$status"
}
says() { grep -qF -e "$1" "$work/said" || failed "it does not say \"$1\": $(cat "$work/said")"; }

about='a cmake that is too old'
pretend dpkg-query 'exec /usr/bin/printf "installed all %s\n" "$@"' # all packages are there
pretend cmake 'echo cmake version 3.18.4'
setup 69
says 'cmake 3.18.4 is too old (cmake --version): 3.25 or later is needed'
rm "$work/deps/bin/cmake"

about='a library that is not there'
pretend pkg-config 'exit 1'
setup 69
says 'librdkafka is not here'
rm "$work/deps/bin/pkg-config"

about='packages missing, not root, no terminal'
pretend dpkg-query 'exec /usr/bin/printf "installed all %s\n" gcc cmake'
pretend id 'echo 1000'
pretend sudo "printf '%s\n' \"\$*\" >>'$work/sudo'"
setup 69
says 'not root: run this as root'
says 'apt-get install -y -qq --no-install-recommends'
! grep -qE ' (gcc|chromium|clang)( |$)' "$work/said" || failed 'it names what is there, or what only tests need'
[ ! -e "$work/sudo" ] || failed 'sudo was called without being asked'

about='the same on a terminal'
command -v script >/dev/null || skip 'no script(1): the question on a terminal'
on_terminal() { # answer
    printf '%s\n' "$1" | script -qec './pipeline setup' /dev/null >"$work/said" 2>&1 || true
}
on_terminal n
says 'nothing was installed'
[ ! -e "$work/sudo" ] || failed 'sudo was called after a no'
on_terminal y
grep -q 'apt-get install .*librdkafka-dev' "$work/sudo" || failed "sudo was not called as said: $(cat "$work/said")"
printf 'ok: asked, a no installs nothing, a yes calls sudo\n'
