import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from tests.support import postgres
from tests.support.databases import emptying
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]


def test_a_database_comes_migrated(database_url):
    engine = create_engine(database_url)
    tables = inspect(engine).get_table_names()
    engine.dispose()

    assert "alembic_version" in tables
    assert len(tables) > 1


@pytest.mark.parametrize("blank_database_url", ["postgresql"], indirect=True)
def test_emptying_minds_no_order_of_tables(blank_database_url):
    """Tables that name each other in a ring have no order in which plain deletes would work."""
    with postgres.connect(blank_database_url) as connection:
        connection.execute("CREATE TABLE a (id int PRIMARY KEY, b int)")
        connection.execute("CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)")
        connection.execute("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b")
        statement = emptying(blank_database_url)
        connection.execute("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1")
        connection.execute(statement)
        left = connection.execute("SELECT FROM a UNION ALL SELECT FROM b").fetchall()

    assert left == []


@pytest.mark.parametrize("blank_database_url", ["postgresql"], indirect=True)
def test_rows_of_a_migration_are_not_lost_in_silence(blank_database_url):
    with postgres.connect(blank_database_url) as connection:
        connection.execute("CREATE TABLE seeded AS SELECT 1")

    with pytest.raises(AssertionError, match="seeded"):
        emptying(blank_database_url)


@pytest.mark.usefixtures("postgres_server_url")  # says what to do when there is no PostgreSQL to start
def test_a_server_ends_with_the_process_that_started_it():
    """A run that is killed leaves no server behind."""
    program = "import time; from tests.support.postgres import Server; print(Server().url, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        url = started.stdout.readline().strip()
        alive = answers(url)
        started.kill()

    assert alive
    assert wait_until(lambda: not answers(url), lambda: f"a server still answers at {url}")


def answers(url: str) -> bool:
    try:
        postgres.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
