"""
Statements over a list of keys, which stands inside them as a table: one statement serves any number of keys.

They go to the driver directly and PostgreSQL answers in binary: on the way of the readings every layer counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

_LISTED = "{listed}"
_PARAMETER = re.compile(r"(?<!:):(\w+)")


def listed(
    session: Session, statement: str, names: Sequence[str], rows: Sequence[Sequence[int]], **parameters: int
) -> list[tuple[Any, ...]]:
    """
    The rows that a statement gives; none for one that only writes.

    Args:
        statement: has `{listed}` where the table `q` stands, after FROM or JOIN, and `:name` for each parameter.
        names: the columns of `q`; a column `n` that counts the rows from 1 is added.
        rows: the numbers, one sequence for each row.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # A list of lists of whole numbers reads the same in Python and in JSON.
        numbers = str([[number, *row] for number, row in enumerate(rows, start=1)])
        cursor = connection.connection.cursor()
        cursor.execute(_on_sqlite(statement, tuple(names)), {**parameters, "listed": numbers})
    else:
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        # Written out at once: the driver would look at each number by itself.
        arrays = {
            f"listed_{name}": f"{{{str(list(column))[1:-1]}}}" for name, column in zip(names, columns, strict=True)
        }
        cursor = connection.connection.cursor(binary=True)
        cursor.execute(_on_postgresql(statement, tuple(names)), {**parameters, **arrays})
    try:
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


@lru_cache(maxsize=64)
def _on_sqlite(statement: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(("n", *names)))
    table = f"(SELECT {columns} FROM json_each(:listed)) AS q"  # noqa: S608  (names of our own)
    return statement.replace(_LISTED, table)


@lru_cache(maxsize=64)
def _on_postgresql(statement: str, names: tuple[str, ...]) -> str:
    arrays = ", ".join(f"CAST(%(listed_{name})s AS bigint[])" for name in names)
    table = f"unnest({arrays}) WITH ORDINALITY AS q({', '.join(names)}, n)"
    return _PARAMETER.sub(r"%(\1)s", statement).replace(_LISTED, table)
