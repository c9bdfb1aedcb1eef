"""Reads the printed timetable (CSV, local time) and writes sailings (UTC) into the database.

    python3 tools/timetable.py summer-2026.csv data/skerry.db

This is the only place where local time becomes UTC. Times that do not exist, in the missing hour of the spring
change, are refused; times that exist twice in autumn mean the first of the two.
"""
import csv
import sqlite3
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/London")


class TimetableError(ValueError):
    """A row that cannot be a sailing; the message names its line."""


def to_utc(text, line):
    """Local time "2026-07-04 09:40" as milliseconds since 1970."""
    local = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=HOME, fold=0)
    utc = local.astimezone(timezone.utc)
    if utc.astimezone(HOME).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise TimetableError(f"line {line}: {text} does not exist, the clocks go forward")
    return int(utc.timestamp() * 1000)


def read_rows(lines):
    """Sailings as (id, route, boat, departs_at) from CSV lines with the columns id, route, boat, departs."""
    for number, row in enumerate(csv.DictReader(lines), start=2):
        if not row["id"].startswith("S-"):
            raise TimetableError(f"line {number}: a sailing is named S- and four digits, found {row['id']}")
        yield row["id"], row["route"], row["boat"], to_utc(row["departs"], number)


def main(timetable, database):
    with open(timetable, encoding="utf-8", newline="") as lines, sqlite3.connect(database) as connection:
        rows = list(read_rows(lines))
        connection.executemany("INSERT INTO sailing (id, route, boat, departs_at) VALUES (?, ?, ?, ?)", rows)
    print(f"{len(rows)} sailings")


if __name__ == "__main__":
    main(*sys.argv[1:3])
