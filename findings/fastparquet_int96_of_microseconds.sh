#!/usr/bin/env bash
# Guess: fastparquet.write(times="int96") of a pandas 3 frame, whose naive timestamps are of microseconds by default, writes those times:
#   times="int64" does, and so did int96 with pandas 2, where the default was nanoseconds.
# Really: it takes the microseconds for nanoseconds. 2024-11-03 10:00:00 is written, and read back by fastparquet itself, as
#   1970-01-21 00:43:48, without a warning; cast to datetime64[ns] before, it is right.
# Seen: fastparquet 2026.9.0, pandas 3.1.1, pyarrow 26.0.1, Python 3.11, 2026-11-28.
# Matters: a trip file written so has every trip in January 1970, which a reader that checks the month refuses, and one that does not
#   check sums up under one day.
# Usage: findings/fastparquet_int96_of_microseconds.sh      exit status 0 while it behaves so
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1 >&2
cat >"$work/times.py" <<'PY'
import sys

import fastparquet
import pandas
import pyarrow.parquet

folder = sys.argv[1]
for unit in ('us', 'ns'):
    frame = pandas.DataFrame({'at': pandas.to_datetime(['2024-11-03 10:00:00']).astype(f'datetime64[{unit}]')})
    for times in ('int64', 'int96'):
        path = f'{folder}/{unit}-{times}.parquet'
        fastparquet.write(path, frame, times=times)
        own = fastparquet.ParquetFile(path).to_pandas()['at'][0]
        other = pyarrow.parquet.read_table(path).to_pandas()['at'][0]
        print(f'{unit} {times}: fastparquet reads {own}, pyarrow {other}')
PY
got=$("$work/venv/bin/python" -W ignore "$work/times.py" "$work")
expected='us int64: fastparquet reads 2024-11-03 10:00:00, pyarrow 2024-11-03 10:00:00
us int96: fastparquet reads 1970-01-21 00:43:48, pyarrow 1970-01-21 00:43:48
ns int64: fastparquet reads 2024-11-03 10:00:00, pyarrow 2024-11-03 10:00:00
ns int96: fastparquet reads 2024-11-03 10:00:00, pyarrow 2024-11-03 10:00:00'
printf '%s\n' "$got"
[ "$got" = "$expected" ] || { printf 'this has changed\n' >&2; exit 1; }
