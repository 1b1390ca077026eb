"""A fault is logged with where it came from, and without what a database holds."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from cdsc_server import telemetry
from cdsc_server.storage.db import engine_options

HELD = {"mail": "ada@home.example"}


@pytest.fixture(params=["text", "json"])
def logged(request):
    """What an operator reads of a fault."""

    def log(fault):
        line = logging.LogRecord(
            "cdsc", logging.ERROR, "", 0, "it broke", (), (type(fault), fault, fault.__traceback__)
        )
        told = telemetry.formatter(request.param).format(line)
        return json.loads(told)["exception"] if request.param == "json" else told

    return log


def _refused(database_url):
    engine = create_engine(database_url, **engine_options(database_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE people (mail varchar(90) UNIQUE)"))
    insert = text("INSERT INTO people VALUES (:mail)")
    try:
        with engine.begin() as connection:
            connection.execute(insert, HELD)
            connection.execute(insert, HELD)
    except DBAPIError as fault:
        return fault
    finally:
        engine.dispose()
    pytest.fail("the database took it twice")


def test_a_refusal_of_the_database_quotes_nothing_it_holds(logged, database_url):
    told = logged(_refused(database_url))

    assert "_refused" in told
    assert "sqlalchemy.exc.IntegrityError" in told
    assert "unique constraint" in told.lower()
    assert HELD["mail"] not in told


def test_what_led_to_a_fault_stands_before_it(logged):
    fault = ValueError("second\nline")
    fault.__cause__ = KeyError("first")

    told = logged(fault)

    assert told.index("KeyError: 'first'") < told.index("which led to") < told.index("ValueError: second\nline")


def test_a_line_says_when_as_the_library_says_it():
    ours, theirs = telemetry.formatter("text"), logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    for created in (1_767_225_600.001, 1_767_225_600.999, 1_767_225_601.0):
        line = logging.makeLogRecord({"name": "cdsc", "levelname": "INFO", "msg": "It is late."})
        line.created, line.msecs = created, created % 1 * 1000

        assert ours.format(line) == theirs.format(line)
