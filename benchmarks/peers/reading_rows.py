"""A table with a row per reading, as plain as it gets: two numbers as key, one as value, no history, no quality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Engine
from sqlalchemy.orm import Session

_TABLE = "CREATE TABLE reading_rows (meter integer, start bigint, value integer, PRIMARY KEY (meter, start))"

_UPSERT = "INSERT INTO reading_rows {rows} ON CONFLICT (meter, start) DO UPDATE SET value = excluded.value"
_SELECT = "SELECT value FROM reading_rows WHERE meter = ? AND start >= ? AND start < ? ORDER BY start"
_SUMS = "SELECT sum(value) FROM reading_rows WHERE start >= ? AND start < ? GROUP BY start ORDER BY start"


def create(engine: Engine) -> None:
    """Make the table."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_TABLE + (" WITHOUT ROWID" if engine.dialect.name == "sqlite" else ""))


def load(session: Session, rows: Iterable[tuple[int, int, int]]) -> None:
    """Add meter, start and value of new readings."""
    cursor = session.connection().connection.cursor()
    if session.get_bind().dialect.name == "sqlite":
        cursor.executemany("INSERT INTO reading_rows VALUES (?, ?, ?)", list(rows))
    else:
        with cursor.copy("COPY reading_rows FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int4", "int8", "int4"])
            for row in rows:
                copy.write_row(row)
    cursor.close()


def upsert(session: Session, rows: Sequence[tuple[int, int, int]]) -> None:
    """Add readings or put others in their place."""
    cursor = session.connection().connection.cursor()
    if session.get_bind().dialect.name == "sqlite":
        cursor.executemany(_UPSERT.format(rows="VALUES (?, ?, ?)"), rows)
    else:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_UPSERT.format(rows="SELECT * FROM unnest(%s::int[], %s::bigint[], %s::int[])"), columns)
    cursor.close()


def values(session: Session, meter: int, start: int, end: int) -> list[int]:
    """The values of one meter in [start, end), in order."""
    cursor = session.connection().connection.cursor()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    cursor.execute(_SELECT if on_sqlite else _SELECT.replace("?", "%s"), (meter, start, end))
    found = [value for (value,) in cursor.fetchall()]
    cursor.close()
    return found


def sums(session: Session, start: int, end: int) -> list[int]:
    """The sum over all meters of each instant in [start, end), in order."""
    cursor = session.connection().connection.cursor()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    cursor.execute(_SUMS if on_sqlite else _SUMS.replace("?", "%s"), (start, end))
    found = [int(value) for (value,) in cursor.fetchall()]
    cursor.close()
    return found
