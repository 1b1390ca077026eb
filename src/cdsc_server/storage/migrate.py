"""Bring a database to a revision of the schema; the revisions themselves stand in `migrations/versions`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

#: Beside the package in a checkout; inside it when installed from a wheel.
_PLACES = (Path(__file__).parents[3] / "migrations", Path(__file__).parents[1] / "migrations")


def configuration(database_url: str) -> Config:
    """Alembic's configuration for this database."""
    config = Config()
    config.set_main_option("script_location", str(next(place for place in _PLACES if place.is_dir())))
    # Alembic expands % in its options.
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Apply every revision up to `revision`."""
    command.upgrade(configuration(database_url), revision)


def downgrade(database_url: str, revision: str = "base") -> None:
    """Undo every revision after `revision`; data of the dropped tables goes with them."""
    command.downgrade(configuration(database_url), revision)
