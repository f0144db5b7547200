#!/usr/bin/env bash
# make-month: the same bytes everywhere, dirt in the amounts it names (as preprocess counts it), days and hours like the city's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
make=$root/data/make-month
preprocess=${TLC_BIN:-$root/build/bin}/preprocess
# shellcheck disable=SC1091
. "$here/check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

refused() { # status, pattern of the words, arguments...
    local status=0 words
    words=$("$make" "${@:3}" 2>&1 >/dev/null) || status=$?
    same "exit status of ${*:3}" "$status" "$1"
    [[ $words =~ $2 ]] || fail "no /$2/ in: $words"
}
md5() { md5sum | cut -d' ' -f1; }

# A change of these sums is a change of every benchmark: make it on purpose. Another version of Node must not make it.
it known_arguments__known_bytes
while read -r dataset month sum; do
    same "$dataset $month" "$("$make" "$dataset" "$month" 3000 --seed 42 -o - 2>/dev/null | md5)" "$sum"
done <<'SUMS'
yellow 2024-01 62bb5677c8fe1f5aa9b1100542bd1e52
green 2019-11 223555919795e81413d25a66c66d3183
fhv 2020-03 b8a75bfefa3887c46b096a5ba6ef1c19
fhvhv 2025-06 e07dad716a5e2abfa3cdf6e04253ff7a
SUMS

it seeds__different_months
[ "$("$make" green 2024-01 100 --seed 1 -o - 2>/dev/null | md5)" != "$("$make" green 2024-01 100 --seed 2 -o - 2>/dev/null | md5)" ] ||
    fail "two seeds give the same month"

it gz_file_and_pipe__same_text
plain=$("$make" green 2024-01 5000 -o "$dir/synthetic_a.csv" 2>/dev/null)
packed=$("$make" green 2024-01 5000 -o "$dir/synthetic_a.csv.gz" 2>/dev/null)
same "path of the file" "$plain" "$dir/synthetic_a.csv"
gzip -dc "$packed" | cmp - "$plain" || fail "packed and plain differ"
"$make" green 2024-01 5000 -o - 2>/dev/null | cmp - "$plain" || fail "the pipe differs"
same "lines" "$(wc -l <"$plain")" 5001

it folder__gets_the_usual_name
same "path" "$("$make" green 2024-01 10 -o "$dir" 2>/dev/null)" "$dir/synthetic_green_tripdata_2024-01.csv"

it reader_that_leaves__no_complaint
words=$({ "$make" yellow 2024-01 200000 -o - 2>&3 | head -n 1 >/dev/null; } 3>&1) || true
same "words" "$words" ''

it header__as_in_the_files_of_its_time
header() { "$make" "$1" "$2" 1 -o - 2>/dev/null | head -n 1; }
same "yellow 2017" "$(header yellow 2017-05 | tr ',' '\n' | wc -l)" 17
same "yellow 2019" "$(header yellow 2019-05 | sed 's/.*,//')" congestion_surcharge
same "yellow 2024" "$(header yellow 2024-05 | sed 's/.*,//')" Airport_fee
same "yellow 2025" "$(header yellow 2025-05 | sed 's/.*,//')" cbd_congestion_fee
same "green 2018" "$(header green 2018-05 | tr ',' '\n' | wc -l)" 19
same "green 2024" "$(header green 2024-05 | tr ',' '\n' | wc -l)" 20
same "fhv" "$(header fhv 2024-05 | tr ',' '\n' | wc -l)" 7
same "fhvhv" "$(header fhvhv 2024-05 | tr ',' '\n' | wc -l)" 24

it demand__mornings_over_nights_and_workdays_over_sundays
"$make" yellow 2024-04 100000 --dirt none -o - 2>/dev/null | awk -F'[, :-]' 'NR > 1 {day[$4 + 0]++; hour[$5 + 0]++}
    END {exit !(hour[18] > 4 * hour[4] && hour[8] > 2 * hour[5] && day[7] < day[4] && day[14] < day[11] && day[30] > 2000 && !day[31])}' ||
    fail "no rush hour, no weekend or a day that April has not"

it clock_goes_forward__no_row_in_the_hour_that_is_not
"$make" yellow 2024-03 300000 --dirt none -o - 2>/dev/null | awk -F, '$2 ~ /^2024-03-10 02:/ || $3 ~ /^2024-03-10 02:/ {n++} $2 ~ /^2024-03-10 03:/ {m++}
    END {exit !(n == 0 && m > 50)}' || fail "rows between 02:00 and 03:00 of 2024-03-10, or none after"

it clock_goes_back__the_hour_has_twice_the_rows
"$make" yellow 2024-11 600000 --dirt none -o - 2>/dev/null | awk -F, '$2 ~ /^2024-11-03 01:/ {twice++} $2 ~ /^2024-11-10 01:/ {once++}
    END {exit !(twice > 1.8 * once && twice < 2.2 * once)}' || fail "the doubled hour of 2024-11-03 is not doubled"

it wrong_arguments__each_its_words
refused 64 'wants DATASET' green 2024-01
refused 64 'yellow, green, fhv or fhvhv' purple 2024-01 10
refused 64 'no month: write it' green 2024-1 10
refused 64 '2013-08 at least' green 2012-01 10
refused 64 '1 to 100000000' green 2024-01 0
refused 64 '1 to 100000000' green 2024-01 1e6
refused 64 'up to 15 digits' green 2024-01 10 --seed x
refused 64 'known or none' green 2024-01 10 --dirt some
refused 64 'no option --rows' green 2024-01 10 --rows
refused 64 'says so in its name: .*/synthetic_green_tripdata_2024-01.csv' green 2024-01 10 -o "$dir/green_tripdata_2024-01.csv"
refused 64 'ends with .csv or .csv.gz' green 2024-01 10 -o "$dir/synthetic_green.parquet"
refused 74 'cannot be written' green 2024-01 10 -o /proc/nowhere/synthetic_green.csv
same "temporary files left" "$(find "$dir" -name '*.tmp')" ''

it a_million_rows__memory_does_not_grow_with_them
peak() { /usr/bin/env python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$make" yellow 2024-01 "$1" -o -; }
small=$(peak 100000) large=$(peak 1000000)
[ "$large" -le $((small + 30)) ] || fail "$small MiB for 100,000 rows, $large MiB for a million"

if [ -x "$preprocess" ]; then
    while read -r dataset month rows dirt; do
        it "facts_of_${dataset}_${month}_${dirt}__as_preprocess_counts_them"
        file=$("$make" "$dataset" "$month" "$rows" --seed 7 --dirt "$dirt" -o "$dir" --facts "$dir/facts.json")
        "$preprocess" "$file" -o "$dir/out" --quiet --force
        words='{synthetic, rows_read, rows_rejected, trips, events, rejected, flagged, flagged_rejected}'
        same facts "$(jq -cS "$words" "$dir/out/manifest.json")" "$(jq -cS "$words" "$dir/facts.json")"
    done <<'MONTHS'
yellow 2024-01 50000 known
yellow 2023-11 50000 known
yellow 2024-03 50000 known
yellow 2011-01 1000 known
green 2024-01 60000 known
green 2018-03 20000 known
green 2026-10 20000 known
fhv 2020-11 20000 known
fhvhv 2024-11 20000 known
yellow 2024-11 50000 none
fhvhv 2024-02 20000 none
MONTHS
else
    printf 'NOTE: no %s: the facts are NOT compared with what preprocess counts\n' "$preprocess"
fi
passed
