import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from cdsc_server.storage import migrate
from cdsc_server.storage.models import metadata


@pytest.fixture
def engine(blank_database_url):
    migrate.upgrade(blank_database_url)
    engine = create_engine(blank_database_url)
    yield engine
    engine.dispose()


def drift(engine: Engine) -> list[object]:
    """What a new revision would have to change, so that the schema is what the models say."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_migrated_schema_is_what_the_models_say(engine):
    assert drift(engine) == []


def test_every_revision_can_be_undone_and_done_again(engine, blank_database_url):
    """An operator whose update fails goes back to the release before it."""
    migrate.downgrade(blank_database_url)
    left = tables(engine)
    migrate.upgrade(blank_database_url)

    assert left == set()
    assert drift(engine) == []


def test_the_revisions_form_one_line():
    """Two heads would leave it to chance which of them an operator's database reaches."""
    revisions = ScriptDirectory.from_config(migrate.configuration("sqlite://"))

    assert len(revisions.get_heads()) == 1
    assert all(not revision.is_branch_point for revision in revisions.walk_revisions())
