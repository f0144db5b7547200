#!/usr/bin/env bash
# docker-compose up, for real: a month through the containers, the ledger and an independent count of its rows; then a second month that
# cannot be reached, so that a synthetic one takes its place and the page says so; what each container may do; nothing is left at the end.
# Environment: COMPOSE ("docker-compose", or "docker compose" for version 2). Where images cannot be pulled, ../shared/compose-standins makes
# stand-ins (as root); Debian's next release and PostgreSQL's, which those lack, come in here. Exit status 77 where no engine can be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
deps=${TLC_DEPS:-$PWD/.deps}
shared=$(realpath -m "${TLC_SHARED:-$PWD/../shared}")
standins=$shared/compose-standins
work=$(mktemp -d /tmp/taxi-compose-XXXXXX)
engine_is_ours=0 up_was_called=0
# A copy: files of a read-only folder would be read-only in the images too.
if [ -d "$standins" ]; then
    cp -r "$standins" "$work/standins"
    chmod -R u+w "$work/standins"
    standins=$work/standins
fi
checks=0

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
same() { # what, got, expected
    [ "$2" = "$3" ] || fail "$1: got $2, expected $3"
    checks=$((checks + 1))
}
skip() {
    printf 'SKIPPED: %s\n' "$*"
    exit 77
}
clean_up() {
    local status=$?
    if [ $status -ne 0 ] && [ $up_was_called = 1 ]; then compose logs --no-color --tail=15 >&2 || true; fi
    [ $up_was_called = 0 ] || compose down -v --remove-orphans >/dev/null 2>&1 || true
    [ $engine_is_ours = 0 ] || "$standins/dockerd.sh" stop
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 143' INT TERM

# The tags that our files name.
kafka_image=$(sed -n 's/^ *image: \(apache.kafka:.*\)/\1/p' docker-compose.yml)
postgres_image=$(sed -n 's/^ *image: \(postgres:.*\)/\1/p' docker-compose.yml)
base_image=$(sed -n 's/^FROM \(debian:[^ ]*\)$/\1/p' Dockerfile)

# The base: what mmdebstrap makes of the release, without the files that a slim image lacks.
make_base() {
    local release=${base_image#debian:}
    docker image inspect "$base_image" >/dev/null 2>&1 && return
    printf 'making %s\n' "$base_image"
    mmdebstrap --quiet --variant=minbase --format=tar --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' "${release%-slim}" "$work/base.tar" 2>"$work/mmdebstrap.log" ||
        fail "mmdebstrap: $(tail -n 5 "$work/mmdebstrap.log")"
    docker import --change 'CMD ["bash"]' "$work/base.tar" "$base_image" >/dev/null
    rm "$work/base.tar"
}

# The stand-in's server is the one of Debian 12 whatever its tag says; the server that the tag names comes from Maven, as other projects'
# tests take it. Where it cannot be had the older one stays, and the last line says which ran.
make_postgres() {
    local version=${postgres_image#postgres:} context=$work/postgres jar
    [ -z "$(docker image inspect -f '{{index .Config.Labels "real-server"}}' "$postgres_image")" ] || return 0
    mkdir -p "$context/server"
    cat >"$context/pom.xml" <<END
<project>
  <modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>io.zonky.test.postgres</groupId><artifactId>embedded-postgres-binaries-linux-$(dpkg --print-architecture)</artifactId>
    <version>[$version,$((version + 1)))</version>
  </dependency></dependencies>
</project>
END
    mvn -q -B -f "$context/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$context" \
        >"$work/maven.log" 2>&1 || {
        printf 'NOTE: no PostgreSQL %s by Maven: %s\n' "$version" "$(grep -m 1 ERROR "$work/maven.log")"
        return 0
    }
    jar=$(echo "$context"/*.jar)
    unzip -p "$jar" '*.txz' | tar -xJ -C "$context/server"
    printf '%s\n' "FROM $postgres_image" "COPY server /usr/lib/postgresql/$version" "LABEL real-server=$version" \
        "ENV PG_MAJOR=$version PATH=/usr/lib/postgresql/$version/bin:\$PATH" \
        "RUN printf '%s\n' \"listen_addresses = '*'\" \"unix_socket_directories = '/var/run/postgresql'\" >>/usr/lib/postgresql/$version/share/postgresql/postgresql.conf.sample" \
        >"$context/Dockerfile"
    DOCKER_BUILDKIT=0 docker build -t "$postgres_image" "$context" >"$work/build.log" 2>&1 || fail "$postgres_image: $(tail -n 5 "$work/build.log")"
    printf 'made %s with the server of %s\n' "$postgres_image" "${jar##*/}"
}
make_images() {
    "$standins/make-standins.sh" debian:bookworm-slim "$kafka_image" "$postgres_image"
    make_base
    make_postgres
}

# An engine that runs is used as it is; else one is started, if there are stand-ins for the images and root to do it.
have_engine() {
    if docker info >/dev/null 2>&1; then
        [ ! -x "$standins/make-standins.sh" ] || [ "$(id -u)" -ne 0 ] || make_images
        return
    fi
    [ -x "$standins/make-standins.sh" ] || skip "no Docker engine runs, and no $standins to start one with"
    [ "$(id -u)" -eq 0 ] || skip "no Docker engine runs, and only root could start one"
    if ! command -v dockerd >/dev/null || ! command -v docker-compose >/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io docker-compose; } \
            >"$work/apt.log" 2>&1 || skip "docker.io cannot be installed: $(tail -n 1 "$work/apt.log")"
    fi
    "$standins/dockerd.sh" start || skip "the Docker engine does not start here"
    engine_is_ours=1
    make_images
}
have_engine
read -r -a compose_command <<<"${COMPOSE:-docker-compose}"
"${compose_command[@]}" version >/dev/null 2>&1 || skip "${compose_command[*]} is not here"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
export COMPOSE_PROJECT_NAME=taxicompose$$ SPEED=max
DASHBOARD_PORT=$(free_port) SERVER_PORT=$(free_port) STORE_PORT=$(free_port) PROCESS_PORT=$(free_port) BATCH_PORT=$(free_port)
export DASHBOARD_PORT SERVER_PORT STORE_PORT PROCESS_PORT BATCH_PORT BATCH_EVERY=2s
# Authorities that this machine trusts besides Debian's sign for what the build loads.
EXTRA_CA=$(cat /usr/local/share/ca-certificates/*.crt 2>/dev/null || true)
export EXTRA_CA
unset DATASET MONTH DASHBOARD_LABEL TLC_BASE_URL TLC_ZONES_URL SYNTHETIC_ROWS

files=(-f docker-compose.yml)
real=$shared/tlc/parquet/green_tripdata_2024-01.parquet
if [ -f "$real" ]; then
    printf 'services:\n  prepare:\n    volumes: ["%s:/mnt/tlc:ro"]\n' "$shared/tlc" >"$work/months.yml"
    files+=(-f "$work/months.yml")
    export TLC_BASE_URL=file:///mnt/tlc/parquet TLC_ZONES_URL=/mnt/tlc/zones
else
    printf 'NOTE: no %s: the first month is whatever the network gives\n' "$real"
fi
compose() { "${compose_command[@]}" "${files[@]}" "$@"; }
get() { curl -fs --max-time 5 "http://127.0.0.1:$1"; }

# Starts, waits until the month is replayed and has arrived everywhere.
replay() { # further options of up
    local status i
    up_was_called=1
    timeout 1200 "${compose_command[@]}" "${files[@]}" up -d "$@" >"$work/up.log" 2>&1 ||
        fail "up: $(tail -n 30 "$work/up.log")"
    status=$(timeout 600 docker wait "$(compose ps -aq replay)") || fail "the replay did not end in 10 minutes"
    same "exit status of the replay service" "$status" 0
    for ((i = 0; i < 240; i++)); do
        if is_settled; then return; fi
        sleep 0.5
    done
    fail "the consumers did not catch up in 120 s"
}
is_settled() {
    server=$(get "$SERVER_PORT/status") && store=$(get "$STORE_PORT/status") && process=$(get "$PROCESS_PORT/status") &&
        dashboard=$(get "$DASHBOARD_PORT/status") || return 1
    topic_end=$(compose exec -T kafka /opt/kafka/bin/kafka-get-offsets.sh --bootstrap-server localhost:9092 --topic trips </dev/null |
        awk -F: '{n += $3} END {print n + 0}')
    jq -en --argjson s "$store" --argjson p "$process" --argjson d "$dashboard" --argjson topic_end "$topic_end" \
        '$s.ledger.read == $topic_end and $p.ledger.read == $topic_end and $topic_end > 0 and $d.ledger.window_events == $p.ledger.counted' >/dev/null
}
sql() { compose exec -T postgres psql -qXtA -U taxi -d taxi -c "$1" </dev/null; }
inside() { compose exec -T dashboard bash -c "$1" </dev/null; }

ledger_balances() { # replays so far
    local rows manifests clients lines
    rows=$(sql 'select (select count(*) from trip_start) + (select count(*) from trip_end)')
    manifests=$(inside 'cat /var/lib/taxi/replay/*/manifest.json' | jq -s .)
    clients=$(inside 'cat /var/lib/taxi/replay/*/client.json' | jq -s .)
    same "months in the ledger" "$(jq length <<<"$clients")" "$1"
    lines=$(jq -n --argjson m "$manifests" --argjson c "$clients" --argjson s "[$server]" --argjson t "[$store]" \
        --argjson p "[$process]" --argjson d "[$dashboard]" --argjson topic_end "$topic_end" --argjson rows "$rows" --arg json --json -f common/pipeline/ledger.jq)
    jq -r '.[] | "\(if .ok then " ok " else " BAD" end) \(.name): \(.left) = \(.right)"' <<<"$lines"
    same "ledger lines that do not balance" "$(jq '[.[] | select(.ok | not)] | length' <<<"$lines")" 0
    same "events acknowledged and rows stored" "$rows" "$(jq '[.[].acked] | add' <<<"$clients")"
}

# The days that batch-process made are the windows' sums; the History page has them.
days_agree() { get "$DASHBOARD_PORT/api/status" | jq -e '.ledger[] | select(.line | startswith("stream = batch")) | .ok' >/dev/null; }
days_balance() {
    local i
    for ((i = 0; i < 240; i++)); do
        ! days_agree || break
        sleep 0.5
    done
    days_agree || fail "stream = batch: $(get "$DASHBOARD_PORT/api/status" | jq -c '.ledger[-1]')"
    same "trips of the days and rows" "$(get "$DASHBOARD_PORT/api/history/series?by=month" | jq '[.rows[][2]] | add')" "$(sql 'select count(*) from trip_start')"
}

replay --build
ledger_balances 1
days_balance
if [ -f "$real" ] && [ -d "$deps/node_modules/@duckdb" ]; then
    node tests/e2e/oracle.mjs "$deps/node_modules" "$real" 2024-01 >"$work/oracle.json"
    same "rows in trip_start" "$(sql 'select count(*) from trip_start')" "$(jq .starts "$work/oracle.json")"
    same "rows in trip_end" "$(sql 'select count(*) from trip_end')" "$(jq .ends "$work/oracle.json")"
    get "$DASHBOARD_PORT/api/windows/dump" >"$work/windows.ndjson"
    same "starts in windows" "$(jq -s '[.[].starts[][1]] | add' "$work/windows.ndjson")" "$(jq .starts "$work/oracle.json")"
    same "matched trips in windows" "$(jq -s '[.[].matched] | add' "$work/windows.ndjson")" "$(jq .trips "$work/oracle.json")"
    meta=$(get "$DASHBOARD_PORT/api/meta")
    same "label of a real month" "$(jq -r '.label // ""' <<<"$meta")" ''
    same "zone shapes" "$(jq .shapes <<<"$meta")" true
    same "zones on the map" "$(get "$DASHBOARD_PORT/zones.geojson" | jq '.features | length')" 260
else
    printf 'NOTE: no %s, or no DuckDB: rows are NOT compared with the file\n' "$real"
fi
page=$(get "$DASHBOARD_PORT/")
[[ $page == *'<html'* ]] || fail "no page"

# What a program in a container may do, as the kernel says it: no capability, none to be had from a file, what / is mounted as, limits.
confinement() { # service
    # shellcheck disable=SC2016
    compose exec -T "$1" sh -c 'id -un; sed -n "s/^\(CapEff\|CapBnd\|NoNewPrivs\):[[:blank:]]*/\1=/p" /proc/self/status
        awk "\$2 == \"/\" {print \"/=\" substr(\$4, 1, 2)}" /proc/mounts; cat /proc/1/comm' </dev/null | tr -d '\r' | paste -sd ' '
}
limits() { # service
    docker inspect "$(compose ps -q "$1")" | jq -r '.[0].HostConfig | [.Memory, .NanoCpus, .PidsLimit] | map(. > 0) | join(" ")'
}
none=CapEff=0000000000000000\ CapBnd=0000000000000000\ NoNewPrivs=1
for service in producer-server consumer-store consumer-process batch-process dashboard; do
    same "confinement of $service" "$(confinement $service)" "taxi $none /=ro docker-init"
    same "limits of memory, cores and threads of $service" "$(limits $service)" 'true true true'
done
same "confinement of postgres" "$(confinement postgres)" "postgres $none /=ro postgres"
same "confinement of kafka" "$(confinement kafka)" "appuser $none /=rw docker-init"
for service in postgres kafka; do same "limits of memory and threads of $service" "$(limits $service)" 'true false true'; done
same "libduckdb in the image" "$(inside 'cd .deps/node_modules/@duckdb && ls -d *')" "node-bindings-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"

# Nobody answers where months come from.
export DATASET=green MONTH=2024-02 TLC_BASE_URL=http://127.0.0.1:1 SYNTHETIC_ROWS=20000
replay
ledger_balances 2
days_balance
same "label of a synthetic month" "$(get "$DASHBOARD_PORT/api/meta" | jq -r .label)" "synthetic data"
same "synthetic rows" "$(inside 'cat /var/lib/taxi/replay/green_2024-02/manifest.json' | jq -c '[.synthetic, .rows_read]')" '[true,20000]'
same "sources stored" "$(sql 'select string_agg(source_id::text, $$ $$ order by source_id) from source')" "2202401 2202402"

server_version=$(sql 'show server_version')
compose down -v >"$work/down.log" 2>&1 || fail "down: $(tail -n 20 "$work/down.log")"
same "containers left" "$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | wc -l)" 0
same "volumes left" "$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | wc -l)" 0
up_was_called=0
printf '%d checks passed with compose %s, engine %s, %s, %s, image %s MB\n' "$checks" "$("${compose_command[@]}" version --short 2>/dev/null)" \
    "$(docker version -f '{{.Server.Version}}')" "$kafka_image" "PostgreSQL $server_version" \
    "$(docker image inspect -f '{{.Size}}' nyc-taxi-pipeline | awk '{printf "%d", $1 / 1000000}')"
