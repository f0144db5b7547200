#!/usr/bin/env bash
# Guess:   npm installs the one build of a native package that fits the machine; DuckDB's lock file entries say cpu, os and libc.
# Really:  npm learnt the libc field between 9.5.1 and 9.6.5. Older ones (Debian 12 and 13 both have 9.2) ignore it and lay the glibc and the
#          musl build of libduckdb side by side, also from a lock file that names libc for both. Whoever then takes the first file that matches
#          gets the musl build: "-musl" sorts before "/".
# Seen:    npm@9.2.0 two builds, npm@11.6.2 one, @duckdb/node-bindings@1.5.5-r.5, x86-64 and glibc, 2026-11-28.
# Matters: a program that looks for libduckdb.so below node_modules must try what it finds; an image that copies node_modules carries 70 MB more.
# Wants node and npm of any version. Leaves nothing behind. Exit status 1 when either behaves otherwise.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
status=0
for version in 9.2.0 11.6.2; do
    mkdir "npm-$version" "project-$version"
    (cd "npm-$version" && npm init -y >/dev/null && npm install --no-audit --no-fund "npm@$version" >/dev/null 2>&1)
    (cd "project-$version" && npm init -y >/dev/null &&
        node "../npm-$version/node_modules/npm/bin/npm-cli.js" install --no-audit --no-fund --ignore-scripts @duckdb/node-bindings@1.5.5-r.5 >/dev/null 2>&1)
    builds=$(cd "project-$version/node_modules/@duckdb" && printf '%s ' node-bindings-linux-*)
    printf 'npm %s: %s\n' "$version" "$builds"
    case $version in
    9.*) [ "$(wc -w <<<"$builds")" -eq 2 ] || status=1 ;;
    *) [ "$(wc -w <<<"$builds")" -eq 1 ] || status=1 ;;
    esac
done
[ $status -eq 0 ] || printf 'this is no longer so\n'
exit $status
