"""Where the power of a Customer comes from, under “Who has my data”."""

from __future__ import annotations

import pytest

from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.db import transaction
from tests.factories import people
from tests.factories import tariffs as make
from tests.factories.supply_mixes import store, supply_mix

NEXT = {"start": "2027-01-01", "end": "2028-01-01"}
DAY = {"attribution": "base", "external_tariff_id": None, "start": "2026-02-01", "end": "2026-02-02"}


@pytest.fixture
def handed_in(app, clock):
    """A tariff of Ada's shop with the mixes of three times, and a mix of the grid by half days."""
    with app.app_context():
        with transaction() as session:
            people.baker(session, at=clock.now(), contracts=3)
        import_tariffs(make.document(make.tariff(), assignments=[make.on("C-shop0001")]), clock=clock)
        given = [
            supply_mix("OLD", of={"coal": "1"}, start="2024-01-01", end="2025-01-01"),
            supply_mix(of={"hydro": "0.195", "wind": "0.805"}),
            supply_mix("NEXT", of={"oil": "1"}, **NEXT),
            supply_mix("DAY", of={"solar": ["0", "0.5"], "nuclear": ["1", "0.5"]}, interval=43_200, **DAY),
        ]
        with transaction() as session:
            store(session, *given, at=clock.now())


@pytest.mark.usefixtures("handed_in")
def test_the_latest_mix_is_told_in_words_the_largest_share_first(visitor):
    """Neither the one before nor one that is to come; by its mean, and once for two services; the gas has none."""
    visitor.load("/sign-in")
    visitor.sign_in()
    visitor.load("/my-data")

    text = visitor.text
    assert "Sources of the power your price plan buys" in text
    assert "1 January 2025 to 31 December 2025" in text
    assert text.index("80.5% wind") < text.index("19.5% water power")
    assert "1 February 2026 to 1 February 2026, on average" in text
    assert text.index("75% nuclear") < text.index("25% sun")
    assert "Shop 0001 · contract C-shop0001" in text
    assert [text.count(words) for words in ("80.5% wind", "75% nuclear", ">2 services<")] == [1, 1, 1]
    assert "100% coal" not in text
    assert "100% oil" not in text


def test_who_has_no_mix_reads_nothing_of_one(app, clock, visitor):
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=1)
    visitor.load("/sign-in")
    visitor.sign_in()
    visitor.load("/my-data")

    assert "Where your power comes from" not in visitor.text


@pytest.mark.usefixtures("handed_in")
def test_the_form_shows_an_example_of_it(opened, visitor):
    """What an app would read, rather than a description of it."""
    opened("generation_mix")

    assert "1 January 2025 to 31 December 2025: 80.5% wind, 19.5% water power." in visitor.text
