"""
Core statements for the endpoints called at every request: compiled once and prepared by the database.

On PostgreSQL they go to the driver directly, which takes a sixth of the time that SQLAlchemy's own execution takes; its
compiler and the column types' conversions are the same. For statements that stand alone a connection stays at hand for
each thread.
On SQLite, where the journey costs nothing, they are executed as every other statement.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Executable
from sqlalchemy.orm import Session

from cdsc_server.storage import at_hand
from cdsc_server.storage.db import db, one_statement

#: PostgreSQL's number of the type of decimals: those alone ask what the column is, and all of ours are NUMERIC.
_NUMERIC: Final = 1700


@dataclass(frozen=True)
class _Form:
    """A statement as one engine's driver takes it."""

    text: str
    defaults: Mapping[str, Any]
    binders: Sequence[tuple[str, Callable[[Any], Any]]]
    readers: Sequence[tuple[int, Callable[[Any], Any]]]
    make: Callable[[Any], Any]

    def given(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Its parameters as the driver takes them."""
        given = {**self.defaults, **parameters}
        for name, bound in self.binders:
            given[name] = bound(given[name])
        return given

    def read(self, found: Sequence[Any]) -> Any:
        """A row as the driver gives it, as ours."""
        values = list(found)
        for place, read in self.readers:
            # All of our types read nothing as None; half of the columns of a token have nothing.
            if values[place] is not None:
                values[place] = read(values[place])
        return self.make(values)


class Prepared:
    """
    A statement that is compiled once: asked by a session, or by itself where it gives at most one row.

    Args:
        statement: a select, or a statement with returning.
        columns: of its rows, in their order.
    """

    def __init__(self, statement: Executable, columns: Sequence[ColumnElement[Any]], *, writes: bool) -> None:
        self._statement, self._columns, self._writes = statement, columns, writes
        names = [str(column.key) for column in columns]
        self._make: Callable[[Any], Any] = namedtuple("Row", names)._make  # type: ignore[attr-defined]
        self._forms: WeakKeyDictionary[Engine, _Form] = WeakKeyDictionary()

    def one(self, parameters: Mapping[str, Any]) -> Any:
        """The row, with the columns as attributes; None when there is none."""
        engine = db.engine
        if engine.dialect.name == "postgresql":
            return self._on_postgresql(engine, parameters)
        with one_statement(writes=self._writes) as connection:
            return connection.execute(self._statement, dict(parameters)).one_or_none()

    def all(self, session: Session, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """The rows inside the transaction of a session, with the columns as attributes."""
        # A session that reads stands on a connection; asking the session for it takes longer than most statements.
        connection = session.bind if isinstance(session.bind, Connection) else session.connection()
        if connection.dialect.name != "postgresql":
            return connection.execute(self._statement, dict(parameters)).all()
        form = self._form(connection.engine)
        cursor: Any = connection.connection.cursor()
        with cursor:
            try:
                found = cursor.execute(form.text, form.given(parameters), prepare=True).fetchall()
            except connection.dialect.loaded_dbapi.Error as fault:
                raise at_hand.told(connection.engine, form.text, fault) from fault
        return [form.read(each) for each in found]

    def _on_postgresql(self, engine: Engine, parameters: Mapping[str, Any]) -> Any:
        form = self._form(engine)
        found = at_hand.first_row(engine, form.text, form.given(parameters))
        return None if found is None else form.read(found)

    def _form(self, engine: Engine) -> _Form:
        form = self._forms.get(engine)
        if form is None:
            form = self._forms[engine] = self._compiled(engine)
        return form

    def _compiled(self, engine: Engine) -> _Form:
        dialect = engine.dialect
        compiled: Any = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        binders = [
            (name, bound)
            for name, parameter in compiled.binds.items()
            if (bound := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]
        readers = [
            (place, read)
            for place, column in enumerate(self._columns)
            if (read := column.type.dialect_impl(dialect).result_processor(dialect, _NUMERIC)) is not None
        ]
        defaults = {
            name: parameter.effective_value for name, parameter in compiled.binds.items() if not parameter.required
        }
        return _Form(str(compiled), defaults, binders, readers, self._make)
