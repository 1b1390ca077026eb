"""Storage: units of work and column types, on both databases."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cdsc_server.storage import migrate
from cdsc_server.storage.db import db, prepare, reading, transaction
from cdsc_server.storage.limits import LoginFailureRow
from cdsc_server.storage.models import metadata
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime

AT = datetime(2026, 3, 8, 7, 30, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_app(app):
    with app.app_context():
        yield


def failures():
    with reading() as session:
        return session.scalars(sa.select(LoginFailureRow.key).order_by(LoginFailureRow.key)).all()


def test_what_returns_is_committed():
    with transaction() as session:
        session.add(LoginFailureRow(key="a", failures=1, last_failure=AT))

    assert failures() == ["a"]


def test_what_raises_is_undone_as_a_whole():
    def stops_halfway():
        with transaction() as session:
            session.add(LoginFailureRow(key="a", failures=1, last_failure=AT))
            session.flush()
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        stops_halfway()

    assert failures() == []


def test_use_cases_do_not_nest():
    with pytest.raises(RuntimeError, match="do not nest"), transaction(), transaction():
        pass


def test_reading_sees_one_state():
    """What another writes meanwhile does not show between two statements."""
    with reading() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(LoginFailureRow))
        with transaction() as other:
            other.add(LoginFailureRow(key="a", failures=1, last_failure=AT))

        after = session.scalar(sa.select(sa.func.count()).select_from(LoginFailureRow))

    assert (before, after) == (0, 0)
    assert failures() == ["a"]


@dataclass
class Sample:
    """A table of its own with each of our types."""

    table: sa.Table

    def round_trip(self, **values):
        with transaction() as session:
            session.execute(self.table.insert().values(**values))
        with reading() as session:
            return session.execute(sa.select(*(self.table.c[name] for name in values))).one()


@pytest.fixture
def sample():
    table = sa.Table(
        "sample",
        sa.MetaData(),
        sa.Column("number", ExactDecimal),
        sa.Column("instant", UtcDateTime),
        sa.Column("value", ExactJSON),
    )
    table.create(db.engine)
    yield Sample(table)
    table.drop(db.engine)


@pytest.mark.parametrize(
    "text", ["1.10", "0", "-0.000000000000000000001", "2000.00", "123456789012345678901234567890.5"]
)
def test_a_decimal_keeps_its_digits(sample, text):
    (number,) = sample.round_trip(number=Decimal(text))

    assert format(number, "f") == text


def test_an_instant_comes_back_aware_and_in_utc(sample):
    (instant,) = sample.round_trip(instant=AT.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:30").tzinfo))

    assert instant == AT
    assert instant.utcoffset() == timedelta(0)


def test_json_keeps_its_digits(sample):
    (value,) = sample.round_trip(value={"amount": Decimal("1.50"), "list": [1, None, "é"]})

    assert str(value["amount"]) == "1.50"
    assert value["list"] == [1, None, "é"]


def test_a_naive_instant_is_refused(sample):
    with pytest.raises(sa.exc.StatementError, match="naive"):
        sample.round_trip(instant=AT.replace(tzinfo=None))


def test_models_and_migrations_agree():
    """What the revisions build is what the code expects."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_the_revisions_run_both_ways(tmp_path: Path):
    """On SQLite here; the PostgreSQL template is built by the same revisions before every run."""
    url = f"sqlite:///{tmp_path / 'ways.sqlite'}"

    migrate.upgrade(url)
    migrate.downgrade(url)
    migrate.upgrade(url)

    engine = sa.create_engine(url)
    prepare(engine)
    assert set(metadata.tables) <= set(sa.inspect(engine).get_table_names())
    engine.dispose()
