#!/usr/bin/env bash
# fetch-zones from every form in which the shapes come, and what its GeoJSON is worth. Exit status 77 without TLC's shapes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
zones=${TLC_SHARED:-$root/../shared}/tlc/zones
[ -f "$zones/taxi_zones.shp" ] || {
    printf 'SKIPPED: no %s/taxi_zones.shp\n' "$zones"
    exit 77
}
# shellcheck disable=SC1091
. "$here/check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TLC_FETCH_PAUSE_S=0
zones=$(realpath "$zones")

run() { # source, arguments...: sets status, out, words; into a fresh folder
    local source=$1
    shift
    to=$(mktemp -d "$dir/to-XXXXXX")
    status=0
    out=$(TLC_ZONES_URL=$source "$root/data/fetch-zones" --to "$to" "$@" 2>"$dir/words" | tail -n 1) || status=$?
    words=$(cat "$dir/words")
}
ids() { jq -c '[.features[].properties.LocationID]' "$1"; }
files() { find "$to" -mindepth 1 -printf '%f\n' | sort | tr '\n' ' '; }
is_refused() { # status, pattern of the words
    same "exit status" "$status" "$1"
    [[ $words =~ $2 ]] || fail "no /$2/ in: $words"
    same "files left" "$(files)" ''
}

it shapefile_in_a_folder__map_agrees_with_the_shapes
run "$zones"
same "exit status" "$status" 0
same "last line" "$out" "$to/zones.geojson"
same "files" "$(files)" "taxi_zones.dbf taxi_zones.prj taxi_zones.shp taxi_zones.shx zones.geojson "
cmp "$zones/taxi_zones.shp" "$to/taxi_zones.shp" || fail "the shapes kept are not those that came"
node "$here/zones_check.mjs" "$out" "$zones/taxi_zones.shp" "$root/data/zones.csv" "${TLC_DEPS:-$root/.deps}/node_modules" || fail "see above"
reference=$(ids "$out")
cp "$out" "$dir/reference.geojson"

it made_twice__same_bytes
run "file://$zones"
cmp "$dir/reference.geojson" "$out" || fail "the files differ"

it map_is_there__source_not_asked
status=0
TLC_ZONES_URL=http://127.0.0.1:1/taxi_zones.zip "$root/data/fetch-zones" --to "$to" >"$dir/out" || status=$?
same "exit status and path" "$status $(cat "$dir/out")" "0 $to/zones.geojson"

it geojson_gz__same_zones
run "$zones/taxi_zones.geojson.gz"
same "exit status" "$status" 0
same ids "$(ids "$out")" "$reference"
same "files" "$(files)" "taxi_zones.geojson.gz zones.geojson "
node "$here/zones_check.mjs" "$out" "$zones/taxi_zones.shp" "$root/data/zones.csv" "${TLC_DEPS:-$root/.deps}/node_modules" || fail "see above"

it zip_as_tlc_packs_it__same_bytes
mkdir "$dir/taxi_zones"
cp "$zones"/taxi_zones.{shp,dbf,shx,prj} "$dir/taxi_zones/"
(cd "$dir" && python3 -m zipfile -c taxi_zones.zip taxi_zones)
run "$dir/taxi_zones.zip"
same "exit status" "$status" 0
cmp "$dir/reference.geojson" "$out" || fail "the files differ"
same "files" "$(files)" "taxi_zones.dbf taxi_zones.prj taxi_zones.shp taxi_zones.shx zones.geojson "

it truncated_shapefile__refused
mkdir "$dir/cut"
cp "$zones/taxi_zones.dbf" "$dir/cut/"
head -c 900000 "$zones/taxi_zones.shp" >"$dir/cut/taxi_zones.shp"
run "$dir/cut"
is_refused 65 'cut off'

it truncated_zip__refused
head -c 500000 "$dir/taxi_zones.zip" >"$dir/cut.zip"
run "$dir/cut.zip"
is_refused 65 'not a whole zip file'

it other_geojson__refused
printf '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"LocationID":1},"geometry":{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[0,0]]]}}]}' \
    >"$dir/other.geojson"
run "$dir/other.geojson"
same "exit status" "$status" 65
[[ $words == *"not TLC's taxi zones: only 1 zones"* ]] || fail "$words"
[ ! -e "$to/zones.geojson" ] || fail "a map of it was made"

it web_page__refused
printf '<html><body>no</body></html>' >"$dir/page.geojson"
run "$dir/page.geojson"
is_refused 65 'a web page'

it empty_folder__says_what_it_wants
mkdir "$dir/empty"
run "$dir/empty"
is_refused 66 'holds neither'

it nobody_listens__says_no_connection
run http://127.0.0.1:1/taxi_zones.zip
is_refused 69 'no connection'
passed
