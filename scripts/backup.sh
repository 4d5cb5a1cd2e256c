#!/usr/bin/env bash
# Backs up the database that STANDPOINT_DATABASE_URL names, while the service runs: scripts/backup.sh FILE
# Restore into a database of that kind, with the service stopped: scripts/backup.sh --restore FILE
set -euo pipefail
url=${STANDPOINT_DATABASE_URL:-sqlite:///standpoint.db}
python=${PYTHON:-python3}

# The file is there when it is whole, and never before.
backup() {
  if [[ -e $1 ]]; then echo "$1 exists already" >&2; exit 1; fi
  partial=$1.partial
  rm -f "$partial"
  trap 'rm -f "$partial"' EXIT
  copy "$partial"
  mv -n "$partial" "$1"
}

copy() {
  case $url in
    # SQLite's own way to copy a file that is being written: a consistent snapshot, write-ahead log included.
    sqlite:///*) "$python" - "${url#sqlite:///}" "$1" <<'PY'
import sqlite3, sys
source, target = sys.argv[1:]
with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as here, sqlite3.connect(target) as there:
    here.backup(there)
    assert there.execute("PRAGMA integrity_check").fetchone() == ("ok",)
PY
      ;;
    postgres*://*) pg_dump --format=custom --no-owner --file="$1" --dbname="$url" ;;
    *) echo "STANDPOINT_DATABASE_URL must begin with sqlite:/// or postgresql://" >&2; exit 2 ;;
  esac
}

restore() {
  case $url in
    sqlite:///*) "$python" - "$1" "${url#sqlite:///}" <<'PY'
import pathlib, sqlite3, sys
source, target = pathlib.Path(sys.argv[1]), sys.argv[2]
if not source.exists():
    sys.exit(f"{source} does not exist")
with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
    assert here.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    here.backup(there)
PY
      ;;
    postgres*://*) pg_restore --clean --if-exists --no-owner --single-transaction --exit-on-error --dbname="$url" "$1" ;;
    *) echo "STANDPOINT_DATABASE_URL must begin with sqlite:/// or postgresql://" >&2; exit 2 ;;
  esac
}

case ${1:-} in
  --restore) restore "${2:?a file}" ;;
  "") echo "scripts/backup.sh FILE, or --restore FILE" >&2; exit 2 ;;
  *) backup "$1" ;;
esac
