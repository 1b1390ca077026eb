"""`/cost_estimates`: what contracts cost, out of what the Grant opens and of nothing more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.errors import InsufficientScope
from cdsc_server.services import customer_data
from cdsc_server.services.cost_estimates import Wanted, list_estimates
from cdsc_server.services.customer_data import DirectAccess
from cdsc_server.storage.db import transaction
from tests.api.customer_data.conftest import BILLED_FROM
from tests.factories import customer_data as factory
from tests.factories import tariffs as make

ESTIMATES = "/cost_estimates"
SHOWN = "include_usage_segment_value_types"
VALUES = {SHOWN: ["electric_kwh", "cost"], "include_service_contracts": True}
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
VAT = {"id": "vat", "name": "VAT", "percent": "21", "on": ["use", "standing"]}
STANDING = {"id": "standing", "name": "Standing charge", "amount": "0.50", "per": "day"}
TAXED = {"version": {"fixed": [STANDING], "taxes": [VAT]}}
TIERS = make.energy("use", {"tiers": [{"up_to": "2", "price": "0.10"}, {"price": "0.30"}]})
ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def estimates(get):
    """The estimates that a token opens."""

    def estimates(token="token", **query):
        return get(ESTIMATES, token, **query)["cost_estimates"]

    return estimates


@pytest.fixture
def several(tariff, put):
    """Two contracts on a tariff, with readings in two months."""
    tariff(make.tariff())
    tariff(make.tariff(), contract="C-shop")
    for start in (BILLED_FROM, JANUARY):
        put(["2.000"], start)
        put(["3.000"], start, name="shop", segment_key="s", meter_device_id="m-shop")


def test_an_estimate_is_the_sum_of_the_costs_that_the_grant_opens(agreed, tariff, put, get, estimates):
    """With the tax on the energy, without what the rate plan alone would tell, and with what is missing from it."""
    tariff(make.tariff(**TAXED))
    put(["1.000", "", "0.400"])
    agreed.to(agreed.entry("usage_data", "house", **VALUES))
    (segment,) = get("/cds/usage_segments")["usage_segments"]

    (estimate,) = estimates()

    assert estimate == {
        "cds_servicecontract_id": "house", "start": "2025-12-01T00:00:00Z", "end": "2026-01-01T00:00:00Z",
        "quality": "calculated", "currency": "USD", "energy": Decimal("0.423500"),
        "unknown_seconds": (31 * 24 - 2) * 3600,
    }  # fmt: skip
    assert estimate["energy"] == sum(cost["c"] for _, cost in segment["values"] if cost is not None)


def test_an_open_rate_plan_tells_the_lines_which_add_up(agreed, tariff, put, estimates):
    """Charges for time alone are in them, and the taxes on those."""
    tariff(make.tariff(**TAXED))
    put(["1.000", "0.400"])
    agreed.to(agreed.entry("usage_data", "house", **VALUES), agreed.entry("rate_plan", "house"))

    (estimate,) = estimates()

    lines = {line["id"]: (line["kind"], line["quantity"], line["price"], line["amount"]) for line in estimate["lines"]}
    assert lines == {
        "use": ("energy", Decimal("1.400"), Decimal("0.25"), Decimal("0.35000")),
        "standing": ("fixed", Decimal(31), Decimal("0.50"), Decimal("15.50")),
        "vat": ("tax", Decimal("15.85"), Decimal("0.21"), Decimal("3.3285")),
    }
    assert estimate["total"] == sum(line["amount"] for line in estimate["lines"])
    assert (estimate["energy"], estimate["tariffs"]) == (Decimal("0.4235"), ["Name of T-1"])


@ONCE
def test_what_is_open_and_what_is_asked_for_cut_an_estimate_which_says_so(agreed, tariff, put, estimates):
    """A month in two parts costs what it costs in one; nothing before the Grant opens costs is in any of them."""
    tariff(make.tariff(**TAXED))
    put(["1.000"] * 48, JANUARY - timedelta(days=1))
    start, middle = JANUARY - timedelta(hours=6), (JANUARY + timedelta(hours=12)).isoformat()
    readings_alone = agreed.entry("usage_data", "house", **{SHOWN: ["electric_kwh"]})
    agreed.to(agreed.entry("usage_data", "house", segment_start=start.isoformat(), **VALUES), readings_alone)

    december, january = estimates()
    parts = [*estimates(start=JANUARY.isoformat(), end=middle), *estimates(start=middle)]

    assert (december["start"], december["energy"]) == ("2025-12-31T18:00:00Z", 6 * Decimal("0.3025"))
    assert [each["start"] for each in parts] == ["2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"]
    assert sum(each["energy"] for each in parts) == january["energy"] == 24 * Decimal("0.3025")
    assert parts[1]["end"] == january["end"]
    assert estimates(end=start.isoformat()) == []


@ONCE
def test_nothing_is_told_of_what_is_open_by_half(agreed, several, estimates):
    """Listed and its use is not, or the other way round; Bob's contract looks like one that does not exist."""
    of_all = agreed.entry(
        "usage_data", "home", kind="account_selection", **{**VALUES, "include_service_contracts": False}
    )
    agreed.to(of_all, agreed.entry("supply_details", "shop"), token="used")
    agreed.to(agreed.entry("usage_data", "house", **VALUES), agreed.entry("supply_details", "house", "shop"))
    agreed.to(agreed.entry("usage_data", "house", "shop", **VALUES), token="both")

    assert [each["cds_servicecontract_id"] for each in estimates()] == ["house"] * 2
    assert [each["cds_servicecontract_id"] for each in estimates("both", end=JANUARY.isoformat())] == ["house", "shop"]
    assert {each["cds_servicecontract_id"] for each in estimates("used")} == {"shop"}
    assert estimates(cds_servicecontract_ids="shop") == [] == estimates(cds_servicecontract_ids="bobs-contract")


@ONCE
def test_costs_of_the_source_do_not_hide_the_estimate(agreed, tariff, put, get, estimates):
    """Who may read what the source gave is told what the tariff gives, too; each keeps its name."""
    tariff(make.tariff())
    put(["1.000"])
    put(["0.99"], name="cost", position=1, value_format={"type": "cost", "currency": "USD", "indexes": [0]})
    agreed.to(agreed.entry("usage_data", "house", **VALUES))

    (segment,), (estimate,) = get("/cds/usage_segments")["usage_segments"], estimates()

    assert [cost["c"] for _, cost in segment["values"]] == [Decimal("0.99")]
    assert (estimate["energy"], estimate["quality"]) == (Decimal("0.25000"), "calculated")


@ONCE
def test_meters_whose_readings_are_not_stored_leave_tiers_open(agreed, tariff, put, app, estimates):
    """How much they counted is known only while somebody asks their platform."""
    tariff(make.tariff("T-1", TIERS))
    put(["1.500"])
    with app.app_context(), transaction() as session:
        factory.series(session, "fetched", segment_key="f", contract_id="house", site_id="site")
    agreed.to(agreed.entry("usage_data", "house", **VALUES))

    (estimate,) = estimates()

    assert (estimate["energy"], estimate["unknown_seconds"]) == (None, 31 * 86_400)


@ONCE
def test_a_column_counts_only_while_it_is_open(agreed, tariff, put, estimates):
    """What was sent to the grid is shared for two hours, what was drawn for four: 4 x 0.25 - 2 x 0.10."""
    tariff(make.tariff("T-1", make.flat("0.25"), make.flat("0.10", "sold", flow="injection")))
    put(["1.000"] * 4)
    sent = {"type": "electric_usage", "units": "Wh", "direction": "reverse"}
    put(["-1000"] * 4, name="sent", position=1, value_format=sent)
    until = (BILLED_FROM + timedelta(hours=2)).isoformat()
    both = {**VALUES, SHOWN: ["electric_kwh", "electric_wh", "cost"], "segment_end": until}
    one = {**VALUES, "segment_start": until}
    agreed.to(agreed.entry("usage_data", "house", **both), agreed.entry("usage_data", "house", **one))

    (estimate,) = estimates()

    assert estimate["energy"] == Decimal("0.80")


@ONCE
@pytest.mark.parametrize(
    ("scope", "fields"),
    [
        ("usage_data", {**VALUES, SHOWN: ["electric_kwh"]}),
        ("usage_data", {**VALUES, "include_service_contracts": False}),
        ("supply_details", {}),
    ],
    ids=["without costs", "without contracts", "without usage"],
)
def test_a_grant_without_costs_or_without_contracts_opens_none(agreed, several, get, scope, fields):
    agreed.to(agreed.entry(scope, "house", **fields))

    assert get(ESTIMATES, status=403)["code"] == "insufficient_scope"


def test_direct_access_opens_none(clock):
    """They are for whoever agreed, so an operator's permission is none."""
    with pytest.raises(InsufficientScope):
        list_estimates(DirectAccess(Permission("app", Reach.NAMED), (), clock.now()), Wanted())


@ONCE
def test_tiers_of_a_contract_are_told_only_with_all_its_meters(agreed, tariff, put, estimates):
    """From one meter alone it would look cheaper, and from the sum one would learn of the other."""
    tariff(make.tariff("T-1", TIERS))
    put(["1.500", "1.000"])
    put(["0.500", "0.000"], name="garage", segment_key="g", meter_device_id=None, contract_id="house")
    agreed.to(agreed.entry("usage_data", "house", **VALUES), token="all")
    some = agreed.entry("usage_data", "m-house", kind="meter_device_selection", **VALUES)
    agreed.to(some, agreed.entry("rate_plan", "house"), token="some")

    (whole,), (part,) = estimates("all"), estimates("some")

    assert whole["energy"] == 2 * Decimal("0.10") + 1 * Decimal("0.30")
    assert (part["energy"], part["total"]) == (None, None)
    assert part["unknown_seconds"] == 31 * 86_400


@ONCE
def test_what_froze_shows_the_price_known_then(agreed, tariff, put, estimates, clock):
    tariff(make.tariff())
    put(["1.000"], JANUARY)
    until = clock.now() + timedelta(minutes=1)
    agreed.to(agreed.entry("usage_data", "house", sync_until=until.isoformat(), **VALUES), token="frozen")
    agreed.to(agreed.entry("usage_data", "house", **VALUES))
    clock.advance(minutes=30)
    tariff(make.tariff("T-1", make.flat("0.50")))

    assert [each["energy"] for each in estimates("frozen")] == [Decimal("0.25000")]
    assert [each["energy"] for each in estimates()] == [Decimal("0.50000")]


def test_more_contracts_and_months_are_read_at_the_same_expense(agreed, several, estimates, statements):
    """However many there are, the database is asked the same number of times."""
    agreed.to(agreed.entry("usage_data", "house", segment_start=JANUARY.isoformat(), **VALUES), token="few")
    agreed.to(agreed.entry("usage_data", "house", "shop", **VALUES))

    few, many = (statements(lambda token=token: estimates(token)) for token in ("few", "token"))

    assert (len(estimates("few")), len(estimates())) == (1, 4)
    assert len(few) == len(many)


@ONCE
def test_pages_follow_each_other_both_ways(agreed, several, get, estimates, monkeypatch):
    """By contract, then by month."""
    agreed.to(agreed.entry("usage_data", "house", "shop", **VALUES))
    everything = estimates()
    monkeypatch.setattr(customer_data, "PAGE", 3)

    first = get(ESTIMATES)
    second = get(ESTIMATES, **dict(parse_qsl(urlsplit(first["next"]).query)))
    back = get(ESTIMATES, **dict(parse_qsl(urlsplit(second["previous"]).query)))

    assert [each["energy"] for each in everything] == [
        Decimal(n) * Decimal("0.25") for n in ("2.000", "2.000", "3.000", "3.000")
    ]
    assert [*first["cost_estimates"], *second["cost_estimates"]] == everything
    assert (first["previous"], second["next"]) == (None, None)
    assert back["cost_estimates"] == first["cost_estimates"]


@ONCE
def test_a_time_that_ends_before_it_begins_is_refused(agreed, get):
    agreed.to(agreed.entry("usage_data", "house", **VALUES))
    window = {"start": JANUARY.isoformat(), "end": BILLED_FROM.isoformat()}

    refused = get(ESTIMATES, status=400, **window)

    assert (refused["code"], refused["field"]) == ("invalid_request", "end")


def test_metadata_name_the_address(client, settings):
    metadata = client.get("/.well-known/oauth-authorization-server").json

    assert metadata["cdsc_cost_estimates_api"] == f"{settings.base_url}{ESTIMATES}"
