"""Alembic's entry: bind to the database, run the revisions in one transaction, each engine its own way."""

from alembic import context
from sqlalchemy import create_engine, pool

from cdsc_server.storage.models import metadata

config = context.config


def _run() -> None:
    engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            # SQLite cannot alter most of a table in place.
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
