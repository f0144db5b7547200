#!/usr/bin/env bash
# Guess:   SQLite answers a commit with an error when its database file was deleted or replaced (SQLITE_READONLY_DBMOVED is for that).
# Really:  with a rollback journal it does; in WAL mode it looks only at open and close, and every commit to the file that is gone is
#          answered SQLITE_OK, with synchronous=FULL too. And the FILE-wal that is left behind is applied to whatever database is put in
#          the place of FILE, if that one is opened while it lies there.
# Seen:    SQLite 3.40.1 (Debian 12) and 3.50.4 (apsw 3.50.4.0 from PyPI), 2026-11-28.
# Matters: who answers "durable" after COMMIT asks sqlite3_file_control(SQLITE_FCNTL_HAS_MOVED) first, which costs a stat; and takes a
#          FILE-wal of his own out of the way before he opens a file that he did not leave there himself.
# Wants python3 with pip; leaves nothing behind. Exit status 1 when any of it is otherwise.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$work/apsw" apsw==3.50.4.0
cat >"$work/try.py" <<'PYTHON'
import os, shutil, sqlite3, sys
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "apsw"))
import apsw

def commit_to_a_deleted_file(version, connect, execute, journal):
    path = os.path.join(os.path.dirname(__file__), f"deleted-{version}-{journal}")
    c = connect(path)
    execute(c, f"pragma journal_mode={journal}")
    execute(c, "pragma synchronous=full")
    execute(c, "create table t(a)")
    os.unlink(path)
    try:
        execute(c, "insert into t values(1)")
        said = "OK"
    except Exception as e:
        said = f"{type(e).__name__}: {e}"
    print(f"SQLite {version}, journal_mode={journal}, commit after the file was deleted: {said}")
    return said == "OK"

def wal_of_another_file(version, connect, execute):
    path = os.path.join(os.path.dirname(__file__), f"replaced-{version}")
    other, c = connect(path + "-other"), connect(path)
    for each, value in (other, "'the other'"), (c, "'the first'"):
        execute(each, "create table t(a)")
        execute(each, f"insert into t values({value})")
    other.close()
    execute(c, "pragma journal_mode=wal")
    execute(c, "update t set a = 'in the log of the first'")
    shutil.copy(path + "-wal", path + "-kept")  # as a process that is killed leaves it
    c.close()
    os.rename(path + "-other", path)
    os.rename(path + "-kept", path + "-wal")
    found = execute(connect(path), "select a from t")
    print(f"SQLite {version}, the other file with the log of the first beside it holds: {found}")
    return found == "in the log of the first"

def system_execute(c, sql):
    row = c.execute(sql).fetchone()
    return row[0] if row else None

def apsw_execute(c, sql):
    row = next(iter(c.execute(sql)), None)
    return row[0] if row else None

good = True
for version, connect, execute in (
    (sqlite3.sqlite_version, lambda path: sqlite3.connect(path, isolation_level=None), system_execute),
    (apsw.sqlite_lib_version(), apsw.Connection, apsw_execute),
):
    good &= commit_to_a_deleted_file(version, connect, execute, "wal")
    good &= not commit_to_a_deleted_file(version, connect, execute, "delete")
    good &= wal_of_another_file(version, connect, execute)
sys.exit(0 if good else 1)
PYTHON
python3 "$work/try.py" || { printf 'this is no longer so\n'; exit 1; }
