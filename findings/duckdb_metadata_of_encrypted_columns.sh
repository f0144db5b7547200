#!/usr/bin/env bash
# Guess: of a Parquet file with a plain footer and some encrypted columns, DuckDB's parquet_file_metadata() tells the writer and the
#   encryption, as it needs no key for the footer and parquet_schema() and the plain columns of the same file can be read.
# Really: it fails with "Invalid unicode (byte sequence mismatch) detected in value construction": the footer of such a file has bytes of the
#   signing key where the function wants text. Reading an encrypted column fails with another error, which names no column.
# Seen: DuckDB 1.5.6 (also 1.5.5 by its C API), file by pyarrow 26.0.1, Python 3.11, 2026-11-28.
# Matters: who asks a file for its writer or its encryption before reading it, cannot; which columns are encrypted can only be tried.
# Usage: findings/duckdb_metadata_of_encrypted_columns.sh      exit status 0 while it behaves so
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "duckdb==${1:-1.5.6}" pyarrow==26.0.1 >&2
cat >"$work/ask.py" <<'PY'
import base64
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe


class Keys(pe.KmsClient):
    """Keys that are no secret: wrapping is spelling in base64."""

    def __init__(self, config):
        super().__init__()

    def wrap_key(self, key_bytes, master_key_identifier):
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key, master_key_identifier):
        return base64.b64decode(wrapped_key)


path = sys.argv[1]
table = pa.table({'plain': [1, 2], 'secret': [3.0, 4.0]})
config = pe.EncryptionConfiguration(footer_key='footer', column_keys={'column': ['secret']}, plaintext_footer=True)
properties = pe.CryptoFactory(Keys).file_encryption_properties(pe.KmsConnectionConfig(), config)
with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
    writer.write_table(table)
for what, query in {'schema': 'SELECT count(*) FROM parquet_schema(?)', 'plain column': 'SELECT sum(plain) FROM read_parquet(?)',
                    'encrypted column': 'SELECT sum(secret) FROM read_parquet(?)',
                    'file metadata': 'SELECT created_by FROM parquet_file_metadata(?)'}.items():
    try:
        print(f'{what}: {duckdb.execute(query, [path]).fetchone()[0]}')
    except duckdb.Error as e:
        print(f'{what}: {type(e).__name__}, {"unicode" if "Invalid unicode" in str(e) else "secret named" if "secret" in str(e) else "no column named"}')
PY
got=$("$work/venv/bin/python" "$work/ask.py" "$work/file.parquet")
printf '%s\n' "$got"
[[ $got == *'schema: 3'*'plain column: 3'*'encrypted column: '*'no column named'*'file metadata: '*'unicode'* ]] || { printf 'this has changed\n' >&2; exit 1; }
