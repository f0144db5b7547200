#!/usr/bin/env bash
# The History page over a real PostgreSQL and in Chromium: see history.mjs.
# Usage: history.sh DASHBOARD_BINARY BATCH_BINARY
set -euo pipefail
dashboard=$(realpath "${1:?usage: history.sh DASHBOARD_BINARY BATCH_BINARY}") batch=$(realpath "${2:?usage: history.sh DASHBOARD_BINARY BATCH_BINARY}")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=tests/integration/batch-process/pg_database.sh disable=SC1091
. tests/integration/batch-process/pg_database.sh
command -v node >/dev/null || skip "no node"
database_make
# shellcheck disable=SC2154 # cluster, work: by pg_database.sh
PG_CLUSTER=$cluster WORK=$work node tests/integration/dashboard/history.mjs "$dashboard" "$batch"
