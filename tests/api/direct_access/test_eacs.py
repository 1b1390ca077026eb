"""Energy Attribute Certificates under direct access: CDS-WG3-01 6.2, 7.2.9, 10.9."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server import exact_json
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.api.customer_data.test_eacs import KINDS, MIX, eacs, mix, of_each_kind
from tests.api.customer_data.test_encryption import PRIVATE, decrypted, public
from tests.factories import customer_data, supply_mixes
from tests.factories import tariffs as make
from tests.factories.customer_data import THEN
from tests.support import requirement
from tests.support.statements import asked_of

__all__ = ["eacs", "mix", "of_each_kind"]

EACS = "/cds/eacs"
OURS = sorted(f"our-{kind}" for kind in KINDS)
THEIRS = sorted(f"their-{kind}" for kind in KINDS)
BARE = dict.fromkeys(("include_accounts", "include_account_numbers", "include_service_contracts",
                      "include_contract_numbers", "include_meter_devices", "include_meter_numbers"), False)  # fmt: skip
BOUGHT = {"include_eacs": True, "include_service_contracts": True, "include_account_programs": True,
          "include_rate_plans": True}  # fmt: skip


@pytest.fixture
def listed(direct, get):
    """Asks for a token and lists what it opens: beneficiaries by certificate."""

    def listed(scope="query_accounts", **fields):
        token = direct.token(scope, **{"include_eacs": True, **fields})
        return {each["cds_eac_id"]: each["beneficiaries"] for each in get(EACS, token)["eacs"]}

    return listed


@requirement("WG3-01-7.2.9-04", "WG3-01-7.2.9-05", "WG3-01-7.2.9-06", "WG3-01-7.2.9-07", "WG3-01-7.2.9-08")
@requirement("WG3-01-7.2.9-10", "WG3-01-10.9.4-03")
def test_certificates_of_what_is_permitted_are_listed_and_no_others(direct, of_each_kind, listed):
    """A program of a contract is told by the field of its kind, which this scope does not offer."""
    direct.permit("ada")
    hers = listed(**BOUGHT)
    direct.permit("bob")
    both = listed(**BOUGHT)

    assert hers == {"shared": [], **{f"our-{kind}": [ours] for kind, (ours, _) in KINDS.items()}, "our-program": []}
    assert sorted(both) == [*OURS, "shared", *THEIRS]


@requirement("WG3-01-7.2.9-08")
def test_programs_of_accounts_count_and_their_field_tells_them(direct, eacs, listed):
    eacs(("of-account", "program", ["P-home", "P-bobs"], {}), ("quoted", "program", ['P-"home'], {}))
    direct.permit("ada")

    assert listed(include_account_programs=True) == {"of-account": ["P-home"]}
    assert listed() == {"of-account": []}


@requirement("WG3-01-10.9.2-03", "WG3-01-10.9.2-05", "WG3-01-10.9.2-07", "WG3-01-10.9.2-09", "WG3-01-12.3-01")
def test_of_several_beneficiaries_those_that_may_be_seen_are_told(direct, eacs, listed):
    eacs(*((kind, kind, both, {}) for kind, both in KINDS.items()))
    direct.permit("bob")

    assert listed(**BOUGHT) == {kind: [theirs] for kind, (_, theirs) in KINDS.items()} | {"program": []}


@requirement("WG3-01-7.2.2-07", "WG3-01-7.2-01")
@pytest.mark.parametrize("scope", ["query_accounts", "query_usage"])
def test_contracts_named_as_beneficiaries_are_readable_as_far_as_is_permitted(direct, eacs, mix, get, scope):
    """Those of a Customer nobody permits are neither named nor readable; without the field no contract is."""
    eacs(("bought", "servicecontract", ["house", "shop", "bobs-contract"], {}))
    mix(["0.4"])
    direct.permit("ada")
    bare = direct.token(scope, **(BARE if scope == "query_usage" else {}), include_eacs=True)
    token = direct.token(scope, include_eacs=True, include_service_contracts=True)

    def named(token):
        return {each["cds_eac_id"]: each["beneficiaries"] for each in get(EACS, token)["eacs"]}

    listed = get("/cds/service_contracts", token)["service_contracts"]
    assert named(token) == {"bought": ["house", "shop"]}
    assert sorted(each["cds_servicecontract_id"] for each in listed) == ["house", "shop"]
    assert named(bare) == ({"bought": []} if scope == "query_usage" else {})
    get("/cds/service_contracts", bare, status=403)


@requirement("WG3-01-7.2.9-11")
def test_without_the_field_no_certificate_is_readable(direct, of_each_kind, get):
    direct.permit("ada")
    token = direct.token("query_accounts", **{**BOUGHT, "include_eacs": False})

    assert "certificates" in get(EACS, token, status=403)["detail"]
    assert "certificates" in get(f"{EACS}/shared/data", token, status=403)["detail"]


def test_what_filters_a_grant_filters_its_certificates(direct, of_each_kind, listed):
    """An Account that does not match is not there, and neither is what hangs on it."""
    direct.permit("ada")
    direct.permit("bob")

    found = listed(**BOUGHT, account_numbers=["A-bobs"])

    assert sorted(found) == ["shared", *THEIRS]


@requirement("WG3-01-10.9.1-13")
def test_the_data_are_read_by_who_sees_the_certificate_and_by_nobody_else(direct, of_each_kind, get):
    direct.permit("ada")
    token = direct.token("query_accounts", **BOUGHT)

    assert get(f"{EACS}/our-rateplan/data", token) == {"says": "our-rateplan"}
    assert get(f"{EACS}/their-rateplan/data", token, status=404) == get(f"{EACS}/nothing/data", token, status=404)


@requirement("WG3-01-7.2.9-09", "WG3-01-10.8.5.3.2-03")
def test_certificates_named_beside_shares_are_readable_whoever_they_are_for(direct, of_each_kind, mix, get, app):
    """The Grant brings neither Account nor contract; the mix of the house names what was bought for it."""
    mix(["0.4"] * 2)
    with app.app_context(), transaction() as session:
        bobs = customer_data.series(session, "b", "bob", value_format=MIX, contract_id="bobs-contract")
        customer_data.readings(session, bobs, THEN, ["0.5"])
    direct.permit("ada")
    token = direct.token("query_usage", **BARE, include_eacs=True, segment_start="2026-01-01T00:00:00Z")
    (segment,) = get("/cds/usage_segments", token)["usage_segments"]

    assert segment["values"][0][0]["eacs"] == OURS
    assert {each["cds_eac_id"]: each["beneficiaries"] for each in get(EACS, token)["eacs"]} == {
        name: [] for name in [*OURS, "shared"]
    }
    assert get(f"{EACS}/our-account/data", token) == {"says": "our-account"}


@requirement("WG3-01-7.2.9-09")
def test_certificates_beside_shares_of_a_tariff_are_readable_too(direct, eacs, get, app, clock):
    """The mix stands with the tariff; the Customer has not a single reading."""
    eacs(("green", "rateplan", ["R-house"], {"period_start": clock.now() - timedelta(days=365)}))
    with app.app_context():
        import_tariffs(make.document(make.tariff(), assignments=[make.on("C-house")]), clock=clock)
        with transaction() as session:
            supply_mixes.store(session, supply_mixes.supply_mix(), at=clock.now())
    direct.permit("ada")
    token = direct.token("query_usage", **BARE, include_eacs=True, segment_start="2025-01-01T00:00:00Z")

    mixed = get("/cds/usage_segments", token)["usage_segments"]

    assert [each["values"][0][0].get("eacs") for each in mixed] == [["green"]]
    assert [each["cds_eac_id"] for each in get(EACS, token)["eacs"]] == ["green"]


def test_shares_that_are_not_open_lead_to_no_certificate(direct, eacs, mix, listed):
    """Those that the mix alone leads to go no further back than the mix."""
    months = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    for name, start, end in zip(("january", "february"), months, months[1:], strict=False):
        eacs((name, "rateplan", ["R-house"], {"period_start": start, "period_end": end}))
    mix(["0.4"] * 24 * 59)
    direct.permit("ada")

    assert [*listed("query_usage", **BARE, segment_start="2026-02-01T00:00:00Z")] == ["february"]


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_later_certificates_stay_out(direct, eacs, listed, clock):
    direct.permit("ada")
    now = clock.now()
    eacs(("known", "account", ["home"], {"created": now}))
    eacs(("late", "account", ["home"], {"created": now + timedelta(days=2)}))
    frozen = f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(days=3)

    assert sorted(listed()) == ["known", "late"]
    assert sorted(listed(sync_until=frozen)) == ["known"]


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_no_name_is_told_that_came_later(app, direct, eacs, listed, clock):
    direct.permit("ada")
    eacs(("plan", "rateplan", ["R-house", "R-later"], {}))
    frozen = f"{clock.advance(days=1):%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(days=1)
    with app.app_context(), transaction() as session:
        contract = session.get_one(ServiceContractRow, (customer_key_of("ada"), "house"))
        contract.rateplan_code, contract.modified = "R-later", clock.now()
    clock.advance(days=1)

    assert listed(**BOUGHT) == {"plan": ["R-later"]}
    assert listed(**BOUGHT, sync_until=frozen) == {"plan": []}


@requirement("WG3-01-10.9.4-05", "WG3-01-10.9.4-07", "WG3-01-10.9.4-08", "WG3-01-10.9.4-15", "WG3-01-10.9.4-17")
def test_a_long_listing_comes_in_pages_of_a_hundred(direct, eacs, get):
    """In the order of periods, whatever page one comes from; hidden ones between them leave no gap."""
    hours = [timedelta(hours=number // 3) for number in range(230)]
    eacs(
        *((f"{n:03}", "account", ["home" if n % 23 else "bobs"], {"period_start": THEN - at, "numbers": [str(n % 2)]})
          for n, at in enumerate(hours))
    )  # fmt: skip
    direct.permit("ada")
    token = direct.token("query_accounts", include_eacs=True)
    pages = [get(EACS, token)]
    while pages[-1]["next"]:
        pages.append(get(EACS, token, **parse_qs(urlsplit(pages[-1]["next"]).query)))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(get(EACS, token, **parse_qs(urlsplit(back[-1]["previous"]).query)))

    assert [len(page["eacs"]) for page in pages] == [100, 100, 20]
    assert [each["cds_eac_id"] for page in pages for each in page["eacs"]] == [
        f"{number:03}" for number in range(230) if number % 23
    ]
    assert [page["eacs"] for page in reversed(back)] == [page["eacs"] for page in pages]


@requirement("WG3-01-10.9.4-09", "WG3-01-10.9.4-10", "WG3-01-10.9.4-11", "WG3-01-10.9.4-12", "WG3-01-10.9.4-13")
@requirement("WG3-01-10.9.4-14")
def test_each_filter_keeps_what_matches(direct, eacs, get):
    """A beneficiary that may not be told finds nothing."""
    later = {"period_start": THEN + timedelta(days=31), "period_end": THEN + timedelta(days=59), "numbers": ["8"]}
    eacs(("january", "account", ["home", "bobs"], {"numbers": ["7"]}), ("february", "general", [], later))
    direct.permit("ada")
    token = direct.token("query_accounts", include_eacs=True)
    cases = [
        ({"cds_eac_ids": "january other"}, ["january"]),
        ({"eac_numbers": "8 9"}, ["february"]),
        ({"beneficiaries": "home"}, ["january"]),
        ({"beneficiaries": "bobs"}, []),
        ({"before": "2026-01-31T23:59:59Z"}, ["january"]),
        ({"after": "2026-02-01T00:00:01Z"}, ["february"]),
        ({"eac_numbers": "8", "cds_eac_ids": "january"}, []),
    ]

    assert [(query, [each["cds_eac_id"] for each in get(EACS, token, **query)["eacs"]]) for query, _ in cases] == cases


@requirement("WG3-01-7.4.6-12")
def test_certificates_and_their_data_are_encrypted_where_the_grant_has_a_key(direct, of_each_kind, client):
    direct.permit("ada")
    answers = {}
    for name, jwk in (("sealed", public(PRIVATE)), ("open", None)):
        headers = {"Authorization": f"Bearer {direct.token('query_accounts', **BOUGHT, jwk=jwk)}"}
        answers[name] = [client.get(path, headers=headers) for path in (EACS, f"{EACS}/our-account/data")]

    for sealed, plain in zip(answers["sealed"], answers["open"], strict=True):
        _, content = decrypted(sealed.get_data())
        assert sealed.mimetype == "application/jose"
        assert exact_json.loads(content) == plain.json


def test_a_page_takes_as_many_statements_for_a_hundred_as_for_one(app, direct, eacs, get):
    direct.permit("ada")
    token = direct.token("query_accounts", **BOUGHT)

    def statements():
        return len(asked_of(app, lambda: get(EACS, token)))

    eacs(("first", "rateplan", ["R-house"], {}))
    statements()
    one = statements()
    eacs(*((f"more-{number}", "rateplan", ["R-house", f"R-{number}"], {}) for number in range(99)))

    assert statements() == one
