"""
The database of the application: engine, declarative base, and the two ways to talk to it.

`transaction()` is a unit of work that commits when its block returns and rolls back when it raises;
`reading()` never writes.
Public use cases open one and never nest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, dataclass_transform

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, Session, mapped_column

from cdsc_server.storage import at_hand

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=_NAMING)


@dataclass_transform(kw_only_default=True, field_specifiers=(mapped_column,))
class DataBase(MappedAsDataclass, Base, kw_only=True):
    """Base of tables whose rows are built by keyword, checked by mypy."""

    __abstract__ = True


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

_open: ContextVar[bool] = ContextVar("cdsc_transaction_open", default=False)


def install(app: Flask, database_url: str) -> None:
    """Bind the application to its database; makes no connection yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(database_url)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def engine_options(database_url: str) -> dict[str, Any]:
    """
    Options of every engine on this address: wait for a lock instead of failing, and say no value of a statement that
    failed; `prepare` does the rest.
    """
    if database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}, "hide_parameters": True}
    return {"pool_size": 8, "pool_recycle": 1800, "hide_parameters": True}


def prepare(engine: Engine) -> None:
    """Make SQLite safe to share between processes, and have connections to PostgreSQL notice a lost server."""
    if engine.dialect.name != "sqlite":
        _ask_after_rest(engine)
        event.listen(engine, "engine_disposed", at_hand.let_go)
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # The driver opens transactions at the first write only: two readers could deadlock on becoming writers.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32768"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("cdsc_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _ask_after_rest(engine: Engine) -> None:
    """
    Ask a connection that lay idle whether it is alive before it is used; one that was just used is believed.

    SQLAlchemy's own pool_pre_ping asks every time, which doubles the journeys of an endpoint with one statement.
    """

    @event.listens_for(engine, "checkin")
    def _rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < at_hand.BELIEVED_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as fault:
            # The pool opens another connection and tries again.
            raise DisconnectionError from fault
        if not alive:
            raise DisconnectionError


@contextmanager
def transaction() -> Iterator[Session]:
    """
    A session whose work is committed as a whole when the block ends, and undone as a whole when it raises.

    Raises:
        RuntimeError: a transaction is open already; use cases do not nest.
    """
    if _open.get():
        raise RuntimeError("a transaction is open already: use cases do not nest")
    mark = _open.set(True)
    try:
        with Session(db.engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        _open.reset(mark)


@contextmanager
def reading() -> Iterator[Session]:
    """A session that sees one state of the database and writes nothing."""
    engine = db.engine
    with (
        at_hand.one_state(engine) if engine.dialect.name == "postgresql" else _one_state(engine) as connection,
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session


@contextmanager
def _one_state(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(cdsc_writes=False) as connection, connection.begin():
        yield connection


@contextmanager
def one_look() -> Iterator[Session]:
    """A session for one statement that reads: it needs no state to hold still, so no BEGIN and ROLLBACK travel."""
    with one_statement(writes=False) as connection, Session(connection, expire_on_commit=False) as session:
        yield session


@contextmanager
def one_statement(*, writes: bool) -> Iterator[Connection]:
    """
    A connection for one Core statement that is a transaction of its own, for the endpoints called at every request.

    PostgreSQL commits it by itself, so that BEGIN and COMMIT cost no journeys of their own.
    """
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    else:
        with db.engine.connect().execution_options(cdsc_writes=writes) as connection, connection.begin():
            yield connection
