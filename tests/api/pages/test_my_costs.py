"""What this month costs so far: an estimate, with what it is made of and what is missing from it."""

from __future__ import annotations

import pytest

from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.db import transaction
from tests.factories import customer_data, people
from tests.factories import tariffs as make

PEAK = {"price": "0.40", "tou": "peak", "from": "12:00", "to": "24:00"}
STANDING = {"id": "standing", "name": "Standing charge", "amount": "0.50", "per": "day"}


@pytest.fixture
def signed_in(app, clock, visitor):
    """Ada, who has a shop with readings in the first two days of the month."""
    made = make.tariff(
        "T-1", make.energy("use", PEAK, {"price": "0.20", "tou": "off_peak"}), version={"fixed": [STANDING]}
    )
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=1)
        row = customer_data.series(session, "used", contract_id="shop0001")
        start = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        customer_data.readings(session, row, start, ["1.000"] * 36)
    with app.app_context():
        import_tariffs(make.document(made, assignments=[make.on("C-shop0001")]), clock=clock)
    clock.advance(hours=48 - clock.now().hour)
    visitor.load("/sign-in")
    visitor.sign_in()
    return visitor


def test_the_month_so_far_is_told_with_its_parts_and_its_gaps(signed_in):
    """36 kWh, a third of them at peak, and the charge of two days: 24 x 0.20 + 12 x 0.40 + 2 x 0.50."""
    signed_in.load("/my-data/costs")

    assert "About US$10.60" in signed_in.text
    for words in ("Peak hours", "12.0 kWh", "0.40 USD/kWh", "Off-peak hours", "24.0 kWh", "2 days", "0.50 USD/day"):
        assert words in signed_in.text
    assert "12 hours are not in it" in signed_in.text
    assert "Bars for 2 days. The highest is day 1 with US$7.70." in signed_in.text


def test_it_is_an_estimate_in_every_language(signed_in):
    """Nobody may take it for a bill."""
    for language, says in (("de", "keine Rechnung"), ("fr", "pas une facture"), ("es", "No es una factura")):
        signed_in.load(f"/my-data/costs?ui_locales={language}")
        assert says in signed_in.text


def test_a_stranger_is_sent_to_sign_in(client):
    """Costs are told to who signed in, and to nobody else."""
    answer = client.get("/my-data/costs")

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/my-data/costs")
