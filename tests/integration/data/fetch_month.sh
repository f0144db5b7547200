#!/usr/bin/env bash
# fetch-month against folders, and against a server that breaks off, lies, changes its mind, or is not there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fetch=$here/../../../data/fetch-month
# shellcheck disable=SC1091
. "$here/check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TLC_FETCH_PAUSE_S=0 no_proxy=127.0.0.1
unset TLC_BASE_URL

# A file with Parquet's marks at both ends, large enough to be cut.
month=$dir/month.parquet
{
    printf PAR1
    head -c 3000000 /dev/urandom
    printf PAR1
} >"$month"
mkfifo "$dir/stdin"
node "$here/server.mjs" "$month" <"$dir/stdin" >"$dir/port" &
server=$!
exec 8>"$dir/stdin" # the server ends with this script
wait_for 10 test -s "$dir/port"
port=$(cat "$dir/port")

to=''
run() { # base, arguments...: sets status, out (last line), words
    local base=$1
    shift
    status=0
    out=$(TLC_BASE_URL=$base "$fetch" "$@" --to "$to" 2>"$dir/words" | tail -n 1) || status=$?
    words=$(cat "$dir/words")
}
from_server() { # habit: green 2024-01 from there into a fresh folder
    to=$(mktemp -d "$dir/to-XXXXXX")
    run "http://127.0.0.1:$port/$1" green 2024-01
}
asked() { curl -fsS "http://127.0.0.1:$port/log" | jq -c "[.[] | select(.habit == \"$1\" and .method == \"GET\") | .range]"; }
is_whole() {
    same "exit status" "$status" 0
    same "last line" "$out" "$to/green_tripdata_2024-01.parquet"
    cmp "$month" "$out" || fail "the file differs"
    same "files left" "$(ls "$to")" green_tripdata_2024-01.parquet
}
is_refused() { # status, pattern of the words
    same "exit status" "$status" "$1"
    [[ $words =~ $2 ]] || fail "no /$2/ in: $words"
    same "files left" "$(ls "$to")" ''
}

has_begun() { [ "$(stat -c %s "$to"/*.part 2>/dev/null || echo 0)" -ge 1000000 ]; }
waits_or_ended() { pgrep -P "$1" flock >/dev/null || ! kill -0 "$1" 2>/dev/null; }

it good_server__whole_file
from_server good
is_whole

it file_is_there__server_not_asked
TLC_BASE_URL=http://127.0.0.1:$port/missing "$fetch" green 2024-01 --to "$to" >"$dir/out"
same path "$(cat "$dir/out")" "$to/green_tripdata_2024-01.parquet"

it damaged_file_is_there__loaded_again
truncate -s 1000 "$to/green_tripdata_2024-01.parquet"
run "http://127.0.0.1:$port/good" green 2024-01
is_whole

it breaks_off__resumes_where_it_stopped
from_server breaks
is_whole
same "ranges asked" "$(asked breaks)" '[null,"bytes=1500004-"]'

it breaks_off_without_ranges__starts_again
from_server norange
is_whole

it month_changes_on_the_way__editions_are_not_mixed
from_server changes
same "exit status" "$status" 0
same "bytes that differ from the first edition" "$(cmp -l "$month" "$out" | wc -l)" 1

it busy_server__tried_again
from_server busy
is_whole

it no_head__loaded_all_the_same
from_server nohead
is_whole

it always_breaks_off__gives_up_and_keeps_the_beginning
from_server dead
same "exit status" "$status" 69
[[ $words == *"after 4 tries"*"it resumes"* ]] || fail "$words"
[ ! -e "$to/green_tripdata_2024-01.parquet" ] || fail "half a file has the final name"
same "bytes kept" "$(stat -c %s "$to/green_tripdata_2024-01.parquet.part")" 4000

it killed_on_the_way__next_run_resumes
to=$(mktemp -d "$dir/to-XXXXXX")
TLC_BASE_URL=http://127.0.0.1:$port/waits setsid "$fetch" green 2024-01 --to "$to" >/dev/null 2>&1 &
loader=$!
wait_for 10 has_begun
kill -TERM -- "-$loader"
wait "$loader" || true
[ ! -e "$to/green_tripdata_2024-01.parquet" ] || fail "half a file has the final name"
run "http://127.0.0.1:$port/waits" green 2024-01
is_whole
[[ $(asked waits) =~ ^\[null,\"bytes=[1-9] ]] || fail "not resumed: $(asked waits)"

it two_at_once__loaded_once
to=$(mktemp -d "$dir/to-XXXXXX")
before=$(asked waits | jq length)
TLC_BASE_URL=http://127.0.0.1:$port/waits "$fetch" green 2024-01 --to "$to" >"$dir/one" 2>&1 &
one=$!
wait_for 10 has_begun
TLC_BASE_URL=http://127.0.0.1:$port/waits "$fetch" green 2024-01 --to "$to" >"$dir/two" 2>&1 &
two=$!
wait_for 10 waits_or_ended "$two"
curl -fsS "http://127.0.0.1:$port/release"
wait "$one" || fail "the first"
wait "$two" || fail "the second: $(cat "$dir/two")"
cmp "$month" "$to/green_tripdata_2024-01.parquet" || fail "the file differs"
same "requests" "$(($(asked waits | jq length) - before))" 1

it not_published__says_so
from_server missing
is_refused 66 'has no green_tripdata_2024-01'
from_server forbidden
is_refused 66 'has no green_tripdata_2024-01'

it web_page_with_200__refused
from_server page
is_refused 65 'a web page, not data'

it half_a_file_with_its_own_length__refused
from_server short
is_refused 65 'not a whole Parquet file'

it nobody_listens__says_no_connection
to=$(mktemp -d "$dir/to-XXXXXX")
run http://127.0.0.1:1 green 2024-01
is_refused 69 'no connection'

it folder__as_path_and_as_file_url
mkdir "$dir/mirror"
cp "$month" "$dir/mirror/green_tripdata_2024-01.parquet"
for base in "$dir/mirror" "file://$dir/mirror" "$dir/mirror/"; do
    to=$(mktemp -d "$dir/to-XXXXXX")
    run "$base" green 2024-01
    is_whole
done
run "$dir/mirror" green 2024-02
same "exit status" "$status" 66

it csv_mirror__csv_and_gz_are_found
header='VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count'
printf '%s\n1,2019-01-01 00:46:40,2019-01-01 00:53:20,1\n' "$header" >"$dir/mirror/yellow_tripdata_2019-01.csv"
printf '%s\n1,2019-02-01 00:46:40,2019-02-01 00:53:20,1\n' "$header" | gzip >"$dir/mirror/yellow_tripdata_2019-02.csv.gz"
to=$(mktemp -d "$dir/to-XXXXXX")
run "$dir/mirror" yellow 2019-01
same path "$out" "$to/yellow_tripdata_2019-01.csv"
run "$dir/mirror" yellow 2019-02
same path "$out" "$to/yellow_tripdata_2019-02.csv.gz"

it csv_mirror__other_things_are_refused
printf 'a,b\n1,2\n' >"$dir/mirror/yellow_tripdata_2019-03.csv"
head -c 50 "$dir/mirror/yellow_tripdata_2019-02.csv.gz" >"$dir/mirror/yellow_tripdata_2019-04.csv.gz"
to=$(mktemp -d "$dir/to-XXXXXX")
run "$dir/mirror" yellow 2019-03
is_refused 65 'names no pickup time'
run "$dir/mirror" yellow 2019-04
is_refused 65 'not a whole gzip file'

it wrong_arguments__each_its_words
to=$(mktemp -d "$dir/to-XXXXXX")
run "$dir/mirror" purple 2024-01
is_refused 64 'yellow, green, fhv or fhvhv'
run "$dir/mirror" green 2024-13
is_refused 64 'no month: write it as 2024-01'
run "$dir/mirror" green 2099-01
is_refused 66 'in the future'
run "$dir/mirror" fhvhv 2018-12
is_refused 66 'begins in 2019-02'
run "$dir/mirror" green
is_refused 64 'no month'
run nonsense green 2024-01
is_refused 66 'no such folder'

shared=${TLC_SHARED:-$here/../../../../shared}/tlc
if [ -d "$shared" ]; then
    it real_months__taken
    to=$(mktemp -d "$dir/to-XXXXXX")
    run "file://$(realpath "$shared/parquet")" green 2020-04
    cmp "$shared/parquet/green_tripdata_2020-04.parquet" "$out" || fail "the file differs"
    it real_csv_heads_of_every_dataset__taken
    for base in heads100 heads1k; do
        for name in yellow_tripdata_2009-01 yellow_tripdata_2014-01 yellow_tripdata_2017-12 green_tripdata_2013-08 yellow_tripdata_2020-06 \
            fhv_tripdata_2015-01 fhv_tripdata_2017-07 fhv_tripdata_2018-03 fhv_tripdata_2020-03 fhvhv_tripdata_2019-02; do
            [ -f "$shared/$base/$name.csv" ] || continue
            run "$shared/$base" "${name%%_*}" "${name##*_}"
            same "$name" "$status $out" "0 $to/$name.csv"
        done
    done
else
    printf 'NOTE: no %s: real files NOT tried\n' "$shared"
fi
exec 8>&-
wait "$server"
passed
