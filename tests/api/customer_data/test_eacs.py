"""Energy Attribute Certificates: who sees which, with which beneficiaries, and beside which shares of a supply mix."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.eacs import BeneficiaryType
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.eacs import EacRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.api.customer_data.facts import assert_types, expected, members
from tests.factories import customer_data
from tests.factories.catalogues import changed_catalogue
from tests.factories.customer_data import THEN
from tests.support import requirement

EACS = "/cds/eacs"
SEGMENTS = "/cds/usage_segments"
FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
NUMBERS = {"include_account_numbers": True, "include_rate_plans": True, "include_account_programs": True,
           "include_service_programs": True}  # fmt: skip
BOUGHT = {"include_eacs": True, "include_accounts": True, "include_service_contracts": True}
MIX = {"type": "electric_supply_mix", "indexes": [], "attribution": "individual", "supply_type": "wind"}

#: A certificate of each type for Ada's house, and one of the same type for somebody else.
KINDS = {
    "customer": ("K-home", "K-bobs"),
    "account": ("home", "bobs"),
    "servicecontract": ("house", "bobs-contract"),
    "rateplan": ("R-house", "R-bobs-contract"),
    "program": ("S-house", "S-bobs-contract"),
}


@pytest.fixture
def settings(settings, tmp_path):
    """The scope of the mix offers all that tells beneficiaries."""
    offer = '"include_rate_plans", "include_eacs",\n'
    more = '"include_rate_plans", "include_eacs", "include_account_programs", "include_service_programs",\n'
    return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda text: text.replace(offer, more)))


@pytest.fixture
def eacs(app, home):
    """Stores certificates: each an id, a type, beneficiaries, and fields."""

    def store(*certificates):
        with app.app_context(), transaction() as session:
            for eac_id, kind, beneficiaries, fields in certificates:
                customer_data.eac(session, eac_id, kind, *beneficiaries, **fields)

    return store


@pytest.fixture
def of_each_kind(eacs):
    eacs(
        *((f"our-{kind}", kind, [ours], {}) for kind, (ours, _) in KINDS.items()),
        *((f"their-{kind}", kind, [theirs], {}) for kind, (_, theirs) in KINDS.items()),
        ("shared", "general", [], {}),
    )


@pytest.fixture
def mix(app, home):
    """Stores an hourly column of the mix of the house from January 2026 on."""

    def store(texts, **fields):
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, "mix", **{"value_format": MIX, "contract_id": "house", **fields})
            customer_data.readings(session, row, THEN, texts)

    return store


def ids(get, token="token", **query):
    return [each["cds_eac_id"] for each in get(EACS, token, **query)["eacs"]]


def told(get, token="token"):
    return {each["cds_eac_id"]: each["beneficiaries"] for each in get(EACS, token)["eacs"]}


@requirement("WG3-01-7.2.9-04", "WG3-01-7.2.9-05", "WG3-01-7.2.9-06", "WG3-01-7.2.9-07", "WG3-01-7.2.9-08")
@requirement("WG3-01-7.2.9-10", "WG3-01-10.9.4-01", "WG3-01-10.9.4-02", "WG3-01-10.9.4-03", "WG3-01-10.9.4-06")
@requirement("WG3-01-10.9-01")
def test_certificates_of_what_is_included_are_listed_and_no_others(of_each_kind, agreed, get):
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True), token="bare")
    listing = get(EACS)

    assert sorted(ids(get)) == [*sorted(f"our-{kind}" for kind in KINDS), "shared"]
    assert set(listing) == {"eacs", "next", "previous"}
    assert (listing["next"], listing["previous"]) == (None, None)
    assert ids(get, "bare") == ["shared"]


@requirement("WG3-01-7.2.9-08")
def test_programs_of_accounts_count_as_those_of_contracts(eacs, agreed, get):
    eacs(("of-account", "program", ["P-home"], {}))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True, include_accounts=True))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True, include_service_contracts=True), token="other")

    assert (ids(get), ids(get, "other")) == (["of-account"], [])


@requirement("WG3-01-7.2.2-07", "WG3-01-7.2-01")
@pytest.mark.parametrize(
    ("ticked", "contracts"),
    [
        (("home", "account_selection"), ["house", "shop"]),
        (("shop", "service_contract_selection"), ["shop"]),
    ],
)
def test_contracts_named_as_beneficiaries_are_readable_as_far_as_was_agreed(eacs, agreed, get, ticked, contracts):
    """What nobody agreed to is neither named nor readable; without the field no contract is."""
    eacs(("bought", "servicecontract", ["house", "shop", "bobs-contract"], {}), ("shared", "general", [], {}))
    agreed.to(agreed.entry("generation_mix", ticked[0], kind=ticked[1], **BOUGHT))
    agreed.to(agreed.entry("generation_mix", ticked[0], kind=ticked[1], include_eacs=True), token="bare")
    readable = [each["cds_servicecontract_id"] for each in get("/cds/service_contracts")["service_contracts"]]

    assert told(get) == {"bought": contracts, "shared": []}
    assert sorted(readable) == contracts
    assert told(get, "bare") == {"shared": []}
    get("/cds/service_contracts", "bare", status=403)


@requirement("WG3-01-7.2.9-11")
def test_without_the_field_no_certificate_is_readable(of_each_kind, mix, agreed, get):
    """Not in the listing, not by its address, not beside a share."""
    mix(["0.4"])
    agreed.to(agreed.entry("generation_mix", "house", **{**BOUGHT, "include_eacs": False}))

    assert "certificates" in get(EACS, status=403)["detail"]
    assert "certificates" in get(f"{EACS}/shared/data", status=403)["detail"]
    assert get(SEGMENTS)["usage_segments"][0]["values"] == [[{"sm": exact_json.loads("0.4")}]]


@requirement("WG3-01-10.9.2-02", "WG3-01-10.9.2-04", "WG3-01-10.9.2-06", "WG3-01-10.9.2-08", "WG3-01-10.9.2-10")
@requirement("WG3-01-10.9.2-12", "WG3-01-10.9.1-05", "WG3-01-10.9.1-06")
def test_beneficiaries_are_named_as_their_type_says(of_each_kind, agreed, get):
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT, **NUMBERS))
    types = {each["cds_eac_id"]: each["beneficiary_type"] for each in get(EACS)["eacs"]}

    assert told(get) == {"shared": [], **{f"our-{kind}": [ours] for kind, (ours, _) in KINDS.items()}}
    assert types == {"shared": "general", **{f"our-{kind}": kind for kind in KINDS}}


@requirement("WG3-01-10.9.2-03", "WG3-01-10.9.2-05", "WG3-01-10.9.2-07", "WG3-01-10.9.2-09", "WG3-01-10.9.2-11")
@requirement("WG3-01-12.3-01")
def test_only_beneficiaries_that_the_client_may_see_are_listed(app, eacs, agreed, get):
    """Of several those that are visible, and of hidden numbers none; a filter by one finds nothing either."""
    with app.app_context(), transaction() as session:
        session.add_all([customer_data.account("other"), customer_data.contract("garage", "other")])
    other = {"customer": "K-other", "account": "other", "servicecontract": "garage", "rateplan": "R-garage",
             "program": "S-garage"}  # fmt: skip
    eacs(*((kind, kind, [*both, other[kind]], {}) for kind, both in KINDS.items()))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT, **NUMBERS))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT), token="plain")

    assert told(get) == {kind: [ours] for kind, (ours, _) in KINDS.items()}
    assert told(get, "plain") == {"customer": [], "account": ["home"], "servicecontract": ["house"], "rateplan": [],
                                  "program": []}  # fmt: skip
    assert ids(get, "plain", beneficiaries="K-home R-house S-house other") == []


@requirement("WG3-01-10.9.1-01", "WG3-01-10.9.1-02", "WG3-01-10.9.1-03", "WG3-01-10.9.1-04", "WG3-01-10.9.1-07")
@requirement("WG3-01-10.9.1-08", "WG3-01-10.9.1-09", "WG3-01-10.9.1-10", "WG3-01-10.9.1-11", "WG3-01-10.9.2-01")
def test_a_certificate_has_every_member_and_says_what_is_stored(eacs, agreed, get, settings):
    stamps = {"modified": THEN + timedelta(hours=1), "synced": THEN + timedelta(hours=2)}
    eacs(
        ("a %b?ü#", "general", [], {"numbers": ["1", "é 2"], **stamps}), ("numberless", "general", [], {"numbers": []})
    )
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))
    listed = get(EACS)["eacs"]
    first = listed[0]

    assert members(listed) == [expected("eac")] * 2
    for each in listed:
        assert_types("eac", each)
        assert each["beneficiary_type"] in set(BeneficiaryType)
    assert (first["cds_eac_id"], first["eac_numbers"], first["eac_format"]) == (
        "a %b?ü#",
        ["1", "é 2"],
        "dge_certificate",
    )
    assert (first["cds_created"], first["cds_modified"], first["cds_synced"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
        "2026-01-01T02:00:00Z",
    )
    assert (first["period_start"], first["period_end"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert first["eac_data_url"] == f"{settings.base_url}{EACS}/{quote('a %b?ü#', safe='')}/data"
    assert get(urlsplit(first["eac_data_url"]).path) == {"says": "a %b?ü#"}
    assert listed[1]["eac_numbers"] == []


@requirement("WG3-01-10.9.1-13")
def test_the_data_are_read_with_the_same_token_and_no_other(eacs, agreed, get, client):
    """An id of somebody else looks like one that does not exist."""
    eacs(
        ("ours", "account", ["home"], {"media_type": "text/csv", "data": b"a;1.50\n"}),
        ("theirs", "account", ["bobs"], {}),
    )
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT))
    address = urlsplit(get(EACS)["eacs"][0]["eac_data_url"]).path
    found = client.get(address, headers={"Authorization": "Bearer token"})

    assert (found.status_code, found.data, found.headers["Content-Type"]) == (200, b"a;1.50\n", "text/csv")
    assert found.headers["Cache-Control"] == "no-store"
    assert client.get(address).status_code == 401
    assert client.get(address, headers={"Authorization": "Bearer other"}).status_code == 401
    assert get(f"{EACS}/theirs/data", status=404) == get(f"{EACS}/nothing/data", status=404)


@requirement("WG3-01-10.9.4-09", "WG3-01-10.9.4-10", "WG3-01-10.9.4-11", "WG3-01-10.9.4-12", "WG3-01-10.9.4-13")
@requirement("WG3-01-10.9.4-14", "WG3-01-10.9.4-04")
def test_each_filter_keeps_what_matches(eacs, agreed, get):
    later = {"period_start": FEBRUARY, "period_end": MARCH, "numbers": ["7", "8"]}
    eacs(("january", "account", ["home"], {"numbers": ["7"]}), ("february", "general", [], later))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT))
    cases = [
        ({"cds_eac_ids": "january other"}, ["january"]),
        ({"cds_eac_ids": ""}, []),
        ({"eac_numbers": "8"}, ["february"]),
        ({"eac_numbers": "9 7"}, ["february", "january"]),
        ({"beneficiaries": "house home"}, ["january"]),
        ({"beneficiaries": "house"}, []),
        ({"before": "2026-01-31T23:59:59Z"}, ["january"]),
        ({"before": "2026-02-01T00:00:00Z"}, ["february", "january"]),
        ({"after": "2026-02-01T00:00:00Z"}, ["february", "january"]),
        ({"after": "2026-02-01T01:00:01+01:00"}, ["february"]),
        ({"eac_numbers": "7", "cds_eac_ids": "february"}, ["february"]),
        ({"eac_numbers": "8", "cds_eac_ids": "january"}, []),
    ]

    assert [(query, ids(get, **query)) for query, _ in cases] == cases


@pytest.mark.parametrize(("name", "value"), [("before", "2026-01-01"), ("after", "soon"), ("page", "W10")])
def test_a_malformed_parameter_is_named(agreed, get, name, value):
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))

    assert get(EACS, status=400, **{name: value})["field"] == name


@requirement("WG3-01-10.9.4-15", "WG3-01-10.9.4-16", "WG3-01-10.9.4-17")
def test_the_newest_period_stands_first_then_the_newest_certificate(eacs, agreed, get):
    eacs(
        ("b", "general", [], {}),
        ("a", "general", [], {}),
        ("first", "general", [], {"created": THEN + timedelta(days=1)}),
        ("c", "general", [], {"period_start": THEN + timedelta(seconds=1), "created": THEN - timedelta(days=1)}),
    )
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))

    assert ids(get) == ["c", "first", "a", "b"]


@requirement("WG3-01-10.9.4-05", "WG3-01-10.9.4-07", "WG3-01-10.9.4-08")
def test_a_long_listing_comes_in_pages_of_a_hundred(eacs, agreed, get, settings):
    eacs(*((f"{number:03}", "general", [], {}) for number in range(230)))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))
    pages = [get(EACS, eac_numbers=[f"N-{number:03}" for number in range(220)])]
    while pages[-1]["next"]:
        assert pages[-1]["next"].startswith(f"{settings.base_url}{EACS}?")
        pages.append(get(EACS, **parse_qs(urlsplit(pages[-1]["next"]).query)))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(get(EACS, **parse_qs(urlsplit(back[-1]["previous"]).query)))

    assert [len(page["eacs"]) for page in pages] == [100, 100, 20]
    assert [each["cds_eac_id"] for page in pages for each in page["eacs"]] == [f"{number:03}" for number in range(220)]
    assert [page["eacs"] for page in reversed(back)] == [page["eacs"] for page in pages]
    assert (pages[0]["previous"], back[-1]["previous"]) == (None, None)


@requirement("WG3-01-7.2.9-09", "WG3-01-10.8.5.3.2-03")
def test_certificates_named_beside_shares_are_readable_whoever_they_are_for(of_each_kind, mix, agreed, get):
    """The Grant brings neither Account nor contract; the mix of the house names what was bought for it."""
    mix(["0.4"] * 2)
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))
    (segment,) = get(SEGMENTS)["usage_segments"]
    named = segment["values"][0][0]["eacs"]

    assert named == sorted(f"our-{kind}" for kind in KINDS)
    assert sorted(ids(get)) == [*named, "shared"]
    assert get(f"{EACS}/{named[0]}/data") == {"says": named[0]}


@requirement("WG3-01-7.2.9-09", "WG3-01-10.8.5.3.2-03")
def test_certificates_stand_beside_the_values_of_their_source_and_time(eacs, mix, agreed, get):
    """From one to three o'clock; a gap stays null, and a share of another source names none."""
    hours = {"period_start": THEN + timedelta(hours=1), "period_end": THEN + timedelta(hours=3)}
    eacs(
        ("bought", "rateplan", ["R-house"], hours),
        ("half", "servicecontract", ["house"], {**hours, "period_start": THEN + timedelta(hours=2, minutes=30)}),
        ("sun", "rateplan", ["R-house"], {"supply_type": "solar"}),
        ("papers", "rateplan", ["R-house"], {"supply_type": None}),
        ("grid", "general", [], {}),
    )
    mix(["0.10", "0.2", "0.3", "", "0.5"])
    mix(["0.6"] * 5, segment_key="base", value_format={**MIX, "attribution": "base"}, series_id="base")
    mix(["0.7"] * 5, segment_key="rest", value_format={**MIX, "attribution": "residual"}, series_id="rest")
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT))
    found = {each["formats"][0]["attribution"]: each["values"] for each in get(SEGMENTS)["usage_segments"]}
    named = {kind: [one and one.get("eacs") for (one,) in values] for kind, values in found.items()}

    assert named["individual"] == [None, ["bought"], ["bought", "half"], None, None]
    assert (named["base"], named["residual"]) == ([["grid"]] * 5, [None] * 5)
    assert (str(found["individual"][0][0]["sm"]), found["individual"][3]) == ("0.10", [None])


def test_a_month_of_its_own_length_names_the_certificates_of_that_month(app, eacs, agreed, get):
    eacs(("january", "rateplan", ["R-house"], {}))
    with app.app_context(), transaction() as session:
        for start, days in ((THEN, 31), (FEBRUARY, 28)):
            row = customer_data.series(session, "mix", value_format=MIX, contract_id="house", interval_seconds=0)
            month = customer_data.Readings.written(start, days * 86400, ["0.25"])
            customer_data.put_readings(session, row, month, at=THEN)
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))
    january, february = get(SEGMENTS)["usage_segments"]

    assert [each["values"][0][0].get("eacs") for each in (january, february)] == [["january"], None]


def test_outside_the_months_that_are_open_no_certificate_is_named_or_readable(eacs, mix, agreed, get):
    """Those that the mix alone leads to go no further back than the mix."""
    eacs(("january", "rateplan", ["R-house"], {}), ("february", "rateplan", ["R-house"], {"period_start": FEBRUARY,
         "period_end": MARCH}))  # fmt: skip
    mix(["0.4"] * 24 * 59)
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True, segment_start="2026-02-01T00:00:00Z"))

    assert ids(get) == ["february"]
    assert get(f"{EACS}/january/data", status=404)


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_later_certificates_stay_out(eacs, mix, agreed, get):
    eacs(("known", "general", [], {}), ("late", "general", [], {"created": FEBRUARY}))
    mix(["0.4"], value_format={**MIX, "attribution": "base"})
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True, sync_until="2026-01-15T00:00:00Z"))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True), token="live")
    (segment,) = get(SEGMENTS)["usage_segments"]

    assert (ids(get), segment["values"][0][0]["eacs"]) == (["known"], ["known"])
    assert sorted(ids(get, "live")) == ["known", "late"]


def test_somebody_else_with_the_same_price_plan_is_not_named(app, eacs, agreed, get):
    with app.app_context(), transaction() as session:
        bobs = session.get(ServiceContractRow, (customer_key_of("bob"), "bobs-contract"))
        bobs.rateplan_code = "R-house"
    eacs(("plan", "rateplan", ["R-house"], {}), ("pair", "servicecontract", ["house", "bobs-contract"], {}))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT, **NUMBERS))

    assert told(get) == {"plan": ["R-house"], "pair": ["house"]}


def test_the_number_of_statements_does_not_grow_with_the_certificates(eacs, mix, agreed, get, statements):
    mix(["0.4"] * 24)
    eacs(("one", "rateplan", ["R-house"], {}))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT))
    get(EACS)  # notes that the Grant was read
    few = [statements(partial(get, address)) for address in (EACS, SEGMENTS)]
    eacs(*((f"more-{number}", "general", [], {"supply_type": "solar"}) for number in range(90)))
    many = [statements(partial(get, address)) for address in (EACS, SEGMENTS)]

    assert len(ids(get)) == 91
    assert [len(each) for each in many] == [len(each) for each in few]
    assert max(len(each) for each in many) <= 9, many


@requirement("WG3-01-5-18", "WG3-01-5-23", "WG3-01-5-24", "WG3-01-10.9.1-12")
@requirement("WG3-01-10.9.3-01", "WG3-01-10.9.3-02", "WG3-01-10.9.3-03", "WG3-01-10.9.3-04")
def test_metadata_tell_where_certificates_are_and_what_their_formats_mean(eacs, agreed, client, get):
    eacs(("one", "general", [], {}))
    agreed.to(agreed.entry("generation_mix", "house", include_eacs=True))
    metadata = client.get("/.well-known/oauth-authorization-server").get_json()
    formats = metadata["cds_eac_formats"]

    assert metadata["cds_eacs_api"] == metadata["issuer"] + EACS
    assert {each["eac_format"] for each in get(EACS)["eacs"]} <= formats.keys()
    for format_id, described in formats.items():
        assert described.keys() == {"id", "name", "description", "documentation"}
        assert described["id"] == format_id
        assert described["name"]
        assert described["description"]
        assert urlsplit(described["documentation"]).scheme == "https"


@requirement("WG3-01-7.2.9-01", "WG3-01-7.2.9-02", "WG3-01-7.2.9-03")
def test_the_field_is_described_as_the_standard_has_it(client):
    described = client.get("/.well-known/oauth-authorization-server").get_json()["cds_scope_descriptions"]
    fields = described["generation_mix"]["authorization_details_fields_supported"]
    (field,) = [each for each in fields if each["id"] == "include_eacs"]

    assert described["generation_mix"]["response_types_supported"] == ["code"]
    assert (field["format"], field["is_required"]) == ("boolean", False)


def test_the_data_stay_where_they_are_until_they_are_asked_for(app, eacs):
    """A page of a hundred certificates must not read their files."""
    eacs(("one", "general", [], {}))
    with app.app_context(), transaction() as session:
        row = session.get(EacRow, "one", populate_existing=True)
        assert "data" not in row.__dict__


@requirement("WG3-01-7.3.1-05", "WG3-01-7.2.9-07", "WG3-01-10.9.2-09")
def test_after_sync_until_a_price_plan_is_the_one_of_then(app, eacs, mix, agreed, get):
    """Certificates and their beneficiaries follow the plan that the contract is shown with, and shares do, too."""
    eacs(("before", "rateplan", ["R-house", "R-later"], {}), ("after", "rateplan", ["R-later"], {}))
    mix(["0.4"])
    with app.app_context(), transaction() as session:
        contract = session.get_one(ServiceContractRow, (customer_key_of("ada"), "house"))
        contract.rateplan_code, contract.modified = "R-later", FEBRUARY
    frozen = {**BOUGHT, **NUMBERS, "sync_until": "2026-01-15T00:00:00Z"}
    agreed.to(agreed.entry("generation_mix", "house", **frozen))
    agreed.to(agreed.entry("generation_mix", "house", **BOUGHT, **NUMBERS), token="live")

    def shares(token):
        return get(SEGMENTS, token)["usage_segments"][0]["values"][0][0]["eacs"]

    assert get("/cds/service_contracts")["service_contracts"][0]["rateplan_code"] == "R-house"
    assert (told(get), shares("token")) == ({"before": ["R-house"]}, ["before"])
    assert (told(get, "live"), shares("live")) == ({"after": ["R-later"], "before": ["R-later"]}, ["after", "before"])
