"""INSERT that says what a conflict comes to: SQLAlchemy has it only in the words of each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cdsc_server.storage.db import DataBase

Insert: TypeAlias = postgresql.Insert | sqlite.Insert

#: What begins an INSERT, by the name of the database's dialect: for statements that are made before there is a session.
INSERTS: Final[Mapping[str, Callable[[Any], Insert]]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_into(session: Session, rows: type[DataBase] | Table) -> Insert:
    """An INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`, for the database of the session."""
    return INSERTS[session.get_bind().dialect.name](rows)
