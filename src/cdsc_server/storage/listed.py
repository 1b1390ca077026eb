"""Lists of keys as a table inside a statement, so that one statement serves any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from cdsc_server import exact_json

LISTED = "{listed}"


def listed(
    session: Session, statement: str, names: Sequence[str], rows: Sequence[Sequence[int]]
) -> tuple[TextClause, dict[str, Any]]:
    """
    A statement that joins a list of whole numbers as the table `q`.

    Args:
        statement: has `{listed}` where the table stands, after FROM or JOIN.
        names: the columns of `q`; a column `n` that counts the rows from 1 is added in front.
        rows: the numbers, one sequence for each row.

    Returns:
        The statement, and the parameters that hold the list; others may be added.
    """
    if session.get_bind().dialect.name == "sqlite":
        numbered = [[number, *row] for number, row in enumerate(rows, start=1)]
        return _on_sqlite(statement, tuple(names)), {"listed": exact_json.dumps(numbered).decode()}
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return _on_postgresql(statement, tuple(names)), {
        f"listed_{name}": list(column) for name, column in zip(names, columns, strict=True)
    }


@lru_cache(maxsize=64)
def _on_sqlite(statement: str, names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(("n", *names)))
    table = f"(SELECT {columns} FROM json_each(:listed)) AS q"  # noqa: S608  (names of our own)
    return text(statement.replace(LISTED, table))


@lru_cache(maxsize=64)
def _on_postgresql(statement: str, names: tuple[str, ...]) -> TextClause:
    arrays = ", ".join(f"CAST(:listed_{name} AS bigint[])" for name in names)
    table = f"unnest({arrays}) WITH ORDINALITY AS q({', '.join(names)}, n)"
    return text(statement.replace(LISTED, table))
