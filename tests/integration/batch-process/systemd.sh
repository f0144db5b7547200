#!/usr/bin/env bash
# The systemd units are well formed, and the timer fires once a day on New York's clock, whatever the season.
# Usage: systemd.sh BATCH_BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: systemd.sh BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
command -v systemd-analyze >/dev/null || { printf 'SKIPPED: no systemd-analyze\n' >&2; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/tlc-batch-XXXXXX")
trap 'rm -rf "$work"' EXIT
# As installed, but for the place of the program and a user of this machine.
sed "s|/usr/local/bin/batch-process|$binary|; s|^User=.*|User=$(id -un)|" batch-process/systemd/taxi-batch.service >"$work/taxi-batch.service"
cp batch-process/systemd/taxi-batch.timer "$work"
systemd-analyze verify --man=no --recursive-errors=no "$work/taxi-batch.service" "$work/taxi-batch.timer"
"$binary" --help | grep -q -- --wait # the option the unit uses

calendar=$(sed -n 's/^OnCalendar=//p' batch-process/systemd/taxi-batch.timer)
fires() { # base time in UTC: the next two, in UTC
    TZ=UTC systemd-analyze calendar --base-time="$1" --iterations=2 "$calendar" | grep -oE '20[0-9-]+ [0-9:]+ UTC' | sort -u
}
wanted='2024-03-10 05:10:00 UTC
2024-03-11 04:10:00 UTC'
got=$(fires '2024-03-10 00:00:00 UTC')
[ "$got" = "$wanted" ] || { printf 'FAILED: fires at\n%s\nnot at\n%s\n' "$got" "$wanted" >&2; exit 1; }
printf 'ok: 00:10 in New York before and after the clock goes forward\n'
