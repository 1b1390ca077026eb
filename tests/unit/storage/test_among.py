"""Conditions over many ids: they find what is listed, whatever it holds, and by an index."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, String, event, literal, select

from cdsc_server.storage.among import among, among_pairs
from cdsc_server.storage.usage import UsageSeriesRow

ODD = ['a "word", {in} \\braces\\', "NULL", "", "a b", "'", "é", "\n\t", "\\"]


@pytest.mark.parametrize("ids", [ODD, [], ["\\N"]])
def test_texts_are_found_as_they_are(engine, ids):
    """They are written into one parameter, where some characters mean something else."""
    asked = [*ODD, "no"]
    with engine.connect() as connection:

        def found(condition):
            return connection.scalar(select(literal(1)).where(condition)) is not None

        alone = [each for each in asked if found(among(literal(each, String), ids))]
        pairs = [(-(2**62), each) for each in ids]
        paired = [each for each in asked if found(among_pairs(literal(-(2**62), BigInteger), literal(each), pairs))]
        others = [each for each in asked if found(among_pairs(literal(1, BigInteger), literal(each), pairs))]

    assert alone == paired == [each for each in asked if each in ids]
    assert others == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_listed_is_looked_up_by_an_index(engine):
    """A comparison of the whole condition with 1 would have every row of the table compared with the whole list."""
    told: list[tuple[str, tuple[str, ...]]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: told.append(given[2:4]))
    row = UsageSeriesRow
    listed = among_pairs(row.customer_key, row.series_id, [(1, "s")])
    with engine.connect() as connection:
        connection.execute(select(row.series).where(listed, row.site_id.is_(None)))
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + told[-1][0], told[-1][1]).all()

    assert any(step.detail.startswith("SEARCH usage_series") for step in plan), plan
