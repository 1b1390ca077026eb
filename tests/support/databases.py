"""
`database_url`: an empty, migrated database, once on SQLite and once on PostgreSQL for every test that asks for it.

A test that has a reason to run on one only says so:
`@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)`.

Each worker has databases of its own. SQLite gets a fresh copy of a migrated file per test.
PostgreSQL keeps one database per worker, emptied before each test by DELETE: with 45 tables that takes 1 to 3 ms, where
TRUNCATE takes 80 and a database copied from a template 240.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import postgres, system

_SERVER = pytest.StashKey[postgres.Server]()
_MISSING = pytest.StashKey[str]()

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

#: A folder in memory on Linux, and how much must be free in it: containers have little.
_MEMORY = Path("/dev/shm")
_ENOUGH = 1_000_000_000

#: Numbers the advisory lock under which the first worker makes the template; any number no one else uses.
_TEMPLATE_LOCK = 20_260_301


def _serve(config: pytest.Config) -> str:
    """The address of the run's PostgreSQL, which starts when first asked for."""
    if _MISSING in config.stash:
        raise system.Missing(config.stash[_MISSING])
    if _SERVER not in config.stash:
        try:
            config.stash[_SERVER] = postgres.Server()
        except system.Missing as fault:
            config.stash[_MISSING] = str(fault)
            raise
    return config.stash[_SERVER].url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Called by xdist where it starts a worker: all of them share the server of the process that started them."""
    try:
        node.workerinput["postgres_url"] = _serve(node.config)
    except system.Missing as fault:
        node.workerinput["postgres_missing"] = str(fault)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server if this run started one."""
    if _SERVER in config.stash:
        config.stash[_SERVER].stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it where nobody overlooks it when half of the tests had no database."""
    if _MISSING in config.stash:
        terminalreporter.section("NOT TESTED ON POSTGRESQL", red=True, bold=True)
        terminalreporter.line(config.stash[_MISSING])


@pytest.fixture(scope="session")
def postgres_server_url(pytestconfig: pytest.Config) -> str:
    """The maintenance database of the run's PostgreSQL; without one a test is skipped, or fails in CI."""
    given: dict[str, str] = getattr(pytestconfig, "workerinput", {})
    missing = given.get("postgres_missing")
    if missing is None:
        try:
            return given["postgres_url"] if given else _serve(pytestconfig)
        except system.Missing as fault:
            missing = str(fault)
    if system.required():
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def _postgres_database(postgres_server_url: str) -> Iterator[tuple[str, str]]:
    """This worker's database and the statement that empties it."""
    from cdsc_server.storage.migrate import upgrade

    name = f"cdsc_{_WORKER}"
    url = postgres.database(postgres_server_url, name)
    with postgres.connect(postgres_server_url) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'").fetchone():
            server.execute("CREATE DATABASE migrating")
            upgrade(postgres.database(postgres_server_url, "migrating"))
            server.execute("ALTER DATABASE migrating RENAME TO migrated")
        server.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    yield url, emptying(url)
    with postgres.connect(postgres_server_url) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def emptying(url: str) -> str:
    """The statement that removes every row of a migrated database."""
    with postgres.connect(url) as connection:
        found = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'"
        )
        tables = [table for (table,) in found]
        filled = [table for table in tables if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]
    # Emptying would take rows that a migration stores, and SQLite's copies would keep them.
    assert not filled, f"a migration stores rows in {filled}: have emptying() put them back"
    deletes = ";".join(f"DELETE FROM {table}" for table in tables)
    # As a replica foreign keys are not looked at, so the order of tables does not matter. A connection that a test left
    # open inside a transaction shows as an error here instead of a wait without end.
    return f"BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL session_replication_role = replica; {deletes}; COMMIT"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file with no rows."""
    from cdsc_server.storage.migrate import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _sqlite_file() -> Iterator[Path]:
    """
    Where a worker's database is: always at one address, as on PostgreSQL.

    In memory where there is such a folder: each commit waits for the disk, and no test takes away the power.
    """
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH
    with TemporaryDirectory(prefix="cdsc-sqlite-", dir=_MEMORY if roomy else None) as place:
        yield Path(place, "test.sqlite3")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database; a test that asks for it runs once on each kind."""
    if request.param == "postgresql":
        url, statement = request.getfixturevalue("_postgres_database")
        with postgres.connect(url) as connection:
            connection.execute(statement)
        return str(url)
    path = request.getfixturevalue("_sqlite_file")
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a single table, for tests that change the schema itself; dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server_url")
    name = f"blank_{_WORKER}"
    with postgres.connect(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.database(server, name)
    with postgres.connect(server) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
