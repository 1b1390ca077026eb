"""Alembic's entry: bind to the database, run the revisions in one transaction, each engine its own way."""

from alembic import context
from sqlalchemy import create_engine, pool

from cdsc_server.storage.models import metadata
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime

# A revision imports nothing of ours, so that it says the same for ever: our types are written as they are stored.
_PLAIN = {
    ExactJSON: "sa.Text()",
    ExactDecimal: "sa.Numeric().with_variant(sa.Text(), 'sqlite')",
    UtcDateTime: "sa.DateTime(timezone=True).with_variant(sa.Text(), 'sqlite')",
}

config = context.config


def _plain(kind: str, item: object, _autogen: object) -> str | bool:
    return _PLAIN.get(type(item), False) if kind == "type" else False


def _run() -> None:
    engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            # SQLite cannot alter most of a table in place.
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            render_item=_plain,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
