"""How full the boats were last week, as CSV for the Monday meeting; with --phones also whom to ring.

The report goes to reports/, which is not kept in version control: it holds passenger counts.
"""
import argparse
import sqlite3
import time
from pathlib import Path

SEATS = {"Eider": 148, "Fulmar": 96, "Old Tystie": 54}
WEEK_MS = 7 * 24 * 3600 * 1000


def load_factor(booked, boat):
    """Share of the seats that were sold, from 0 to 1."""
    return booked / SEATS[boat]


def rows_of(connection, since, until):
    query = """
        SELECT s.id, s.route, s.boat, coalesce(sum(b.seats), 0)
        FROM sailing s LEFT JOIN booking b ON b.sailing_id = s.id
        WHERE s.departs_at >= ? AND s.departs_at < ? GROUP BY s.id ORDER BY s.departs_at
    """
    return connection.execute(query, (since, until)).fetchall()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="data/skerry.db")
    parser.add_argument("--phones", action="store_true", help="codes and names of the next two sailings, for the office")
    options = parser.parse_args()
    now = int(time.time() * 1000)
    with sqlite3.connect(options.database) as connection:
        if options.phones:
            query = """SELECT code, family_name FROM booking WHERE sailing_id IN
                       (SELECT id FROM sailing WHERE departs_at > ? ORDER BY departs_at LIMIT 2)"""
            for code, name in connection.execute(query, (now,)):
                print(code, name)
            return
        Path("reports").mkdir(exist_ok=True)
        target = Path("reports") / time.strftime("%Y-week-%V.csv")
        with target.open("w", encoding="utf-8") as report:
            report.write("sailing,route,boat,booked,load\n")
            for sailing, route, boat, booked in rows_of(connection, now - WEEK_MS, now):
                report.write(f"{sailing},{route},{boat},{booked},{load_factor(booked, boat):.2f}\n")
    print(target)


if __name__ == "__main__":
    main()
