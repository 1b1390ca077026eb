"""Clients that come for themselves: groups that they may know of, and sums that tell of nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import groups
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement

TENANTS = [f"t{number:02}" for number in range(12)]
USAGE = "/cds/usage_segments"


@pytest.fixture
def tower(direct):
    """Twelve flats at premise 20, each with three hours of readings: enough for a total."""
    with direct.app.app_context(), transaction() as session:
        for name in TENANTS:
            groups.flat(session, name, premise="20")
            groups.hours(session, name, ["1.0", "2.0", "3.0"])


def building(number="B-20", premise="20", **fields):
    return groups.building(number, premise=premise, **fields)


def of_meters(number, names, kind="confidential"):
    meters = frozenset(f"M-{name}" for name in names)
    return groups.building(number, types=(kind, "meter_number"), lists={"meter_number": meters}, addresses=())


def values(get, token, **query):
    """The sums of each segment, null where there is none."""
    return [
        [None if one[0] is None else one[0]["eu"] for one in segment["values"]]
        for segment in get(USAGE, token, **query)["usage_segments"]
    ]


@requirement("WG3-01-6.2.7-01", "WG3-01-6.2.7-02", "WG3-01-6.2.7-03", "WG3-01-4.11-01", "WG3-01-4.11-02")
@requirement("WG3-01-4.11-03", "WG3-01-4.11-06", "WG3-01-4.11-07", "WG3-01-4.11-08", "WG3-01-4.11-09")
@requirement("WG3-01-4.12-01", "WG3-01-4.12-02", "WG3-01-4.12-04", "WG3-01-4.12-05", "WG3-01-4.12-06")
@requirement("WG3-01-4.12-07", "WG3-01-5-14", "WG3-01-5-15")
@requirement(*(f"WG3-01-6.1.10-{n:02}" for n in range(1, 11)))
def test_the_scopes_are_published_with_their_fields(client):
    """For direct access to groups and their sums, and for the Customers in them."""
    document = client.get("/.well-known/oauth-authorization-server").json
    described = document["cds_scope_descriptions"]
    assert document["cds_aggregations_api"].endswith("/cds/aggregations")
    found = {each["type"]: each for each in described.values() if each["id"] in document["scopes_supported"]}
    offered = {
        kind: {field["id"]: field for field in found[kind]["authorization_details_fields_supported"]}
        for kind in ("cds_query_aggregations", "cds_query_usage", "cds_aggregation_consent")
    }
    for kind in ("cds_query_aggregations", "cds_query_usage"):
        assert found[kind]["response_types_supported"] == []
        assert found[kind]["grant_types_supported"] == ["client_credentials"]
    assert {"aggregation_numbers", "include_aggregation_addresses", "sync_until"} <= set(
        offered["cds_query_aggregations"]
    )
    assert {"aggregation_numbers", "include_aggregations", "include_aggregation_addresses"} <= set(
        offered["cds_query_usage"]
    )
    consent, fields = found["cds_aggregation_consent"], offered["cds_aggregation_consent"]
    assert consent["response_types_supported"] == ["code"]
    assert consent["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert {"aggregation_numbers", "premise_numbers", "expires"} <= set(fields)
    choices = [each["id"] for each in fields["authorization_form_selection_type"]["choices"]]
    assert choices == ["aggregation_selection"]
    assert (fields["error_if_no_preselections"]["default"], fields["allow_scope_modifications"]["default"]) == (
        True,
        False,
    )


@requirement("WG3-01-6.2.7-04", "WG3-01-4.11-10", "WG3-01-4.12-08", "WG3-01-7.1.12-09", "WG3-01-10.7.7-02")
@requirement("WG3-01-4.11-14", "WG3-01-4.12-12")
def test_groups_are_found_as_far_as_they_are_open_for_the_client(mill, tower, define, direct, get):
    """Without a word about anybody's own data being permitted; a search is all it takes."""
    define(building(), groups.building(), groups.building("R-1", types=("public", "premise_number")))
    direct.known("B-20")
    token = direct.token("query_aggregations")

    found = get(token=token)["aggregations"]

    assert sorted(each["aggregation_number"] for each in found) == ["B-20", "R-1"]
    assert [each["aggregation_number"] for each in get(token=token, q="b-2")["aggregations"]] == ["B-20"]
    assert [(each["grouped_accounts"], each["grouped_meterdevices"]) for each in found] == [([], [])] * 2


@requirement("WG3-01-7.1.12-10")
def test_numbers_asked_for_limit_every_answer(mill, tower, define, direct, get):
    """What was not asked for is not there, whatever a filter says."""
    define(building(), groups.building("R-1", types=("public", "premise_number")))
    direct.known("B-20")
    token = direct.token("query_aggregations", aggregation_numbers=["R-1"])

    assert [each["aggregation_number"] for each in get(token=token)["aggregations"]] == ["R-1"]
    assert get(token=token, aggregation_numbers="B-20")["aggregations"] == []


@requirement("WG3-01-10.7.1-07", "WG3-01-10.7.1-08", "WG3-01-10.7.7-03", "WG3-01-10.7.7-07")
@requirement("WG3-01-10.8.1-05", "WG3-01-10.8.1-21", "WG3-01-7.1.12-12", "WG3-01-7.2.7-05")
def test_what_a_group_says_opens_its_sums_and_the_token_reads_them_once_they_are_ready(tower, define, direct, get):
    """Asked for exactly as the Aggregation tells it; another group of the same flats is not told of."""
    define(building(), building("B-21"))
    direct.known("B-20")
    direct.known("B-21")
    (group,) = get(token=direct.token("query_aggregations"), aggregation_numbers="B-20")["aggregations"]
    (entry,) = group["authorization_details"]
    answer = direct.ask({**entry, "segment_start": "P1Y"})
    token = answer.json["access_token"]
    before = get(USAGE, token, status=403)["code"]

    direct.settle()
    (segment,) = get(USAGE, token)["usage_segments"]

    assert group["scope"] == entry["type"] == "group_usage"
    assert len(answer.json["cds_grant_ids"]) == 1
    assert before == "insufficient_scope"
    assert [one[0]["eu"] for one in segment["values"]] == [Decimal("12.0"), Decimal("24.0"), Decimal("36.0")]
    assert segment["related_aggregations"] == [group["cds_aggregation_id"]]
    assert segment["related_accounts"] == segment["related_meterdevices"] == []
    assert get(token=token)["aggregations"][0]["cds_aggregation_id"] == group["cds_aggregation_id"]


WITH_SUMS = {"aggregation_numbers": ["B-20"], "segment_start": "P1Y"}


@requirement("WG3-01-7.2.8-04", "WG3-01-7.2.8-10")
def test_groups_that_are_listed_bring_their_sums_where_the_field_is_true(tower, define, direct, get):
    """Of the groups that the entry names; the same entry without the field reads none, and lists them all the same."""
    define(building(), building("B-21"))
    direct.known("B-20")
    direct.known("B-21")
    token = direct.token("query_aggregations", **WITH_SUMS, include_usage_segments=True)
    without = [
        direct.token("query_aggregations", **WITH_SUMS, **more) for more in ({}, {"include_usage_segments": False})
    ]
    before = get(USAGE, token, status=403)["code"]
    direct.settle()

    (group,) = get(token=token)["aggregations"]
    (segment,) = get(USAGE, token)["usage_segments"]

    assert before == "insufficient_scope"
    assert segment["related_aggregations"] == [group["cds_aggregation_id"]]
    assert [one[0]["eu"] for one in segment["values"]] == [Decimal("12.0"), Decimal("24.0"), Decimal("36.0")]
    assert [get(token=each)["aggregations"] for each in without] == [[group]] * 2
    assert [get(USAGE, each, status=403)["code"] for each in without] == ["insufficient_scope"] * 2


@requirement("WG3-01-7.2-01", "WG3-01-12.3-05")
def test_sums_of_a_listed_group_wait_for_consent_where_it_is_small(mill, define, direct, get):
    """They are told under the same rule, whichever scope asks for them."""
    define(groups.building())
    direct.known("B-17", members=True)
    token = direct.token("query_aggregations", aggregation_numbers=["B-17"], include_usage_segments=True)
    direct.settle()

    [grant] = direct.grants(statuses="needs_sub_grants")
    assert (grant["enabled_scope"], grant["enabled_authorization_details"]) == ("", [])
    assert len(direct.grants(parents=grant["grant_id"])) == 3
    assert get(USAGE, token, status=403)["code"] == "insufficient_scope"


@requirement("WG3-01-7.2-01")
@pytest.mark.parametrize("numbers", [None, ["B-20"], ["X"]], ids=["all", "not known", "not there"])
def test_sums_beside_a_listing_are_only_of_named_groups_that_may_be_known(tower, define, direct, numbers):
    """Nothing is stored."""
    define(building(), groups.building("R-1", types=("public", "premise_number")))

    answer = direct.ask({"type": "query_aggregations", "aggregation_numbers": numbers, "include_usage_segments": True})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert direct.grants() == []


@requirement("WG3-01-10.8.1-21", "WG3-01-7.1.12-12")
def test_the_id_of_a_group_is_told_where_groups_are_opened(tower, define, direct, get):
    """A Grant for sums alone reads them without."""
    define(building())
    direct.known("B-20")
    token = direct.usage("B-20", include_aggregations=False)
    direct.settle()

    (segment,) = get(USAGE, token)["usage_segments"]

    assert segment["related_aggregations"] == []
    assert get(token=token, status=403)["code"] == "insufficient_scope"


@requirement("WG3-01-4.11-11", "WG3-01-4.12-09")
@pytest.mark.parametrize("fields", [{}, {"aggregation_numbers": None}])
def test_usage_without_a_group_is_refused(tower, define, direct, fields):
    """Nobody permits this Client anybody's own."""
    define(building())
    direct.known("B-20")

    answer = direct.ask({"type": "group_usage", **fields})

    assert answer.status_code == 400
    assert direct.grants() == []


def test_a_group_that_may_not_be_known_is_refused_like_one_that_does_not_exist(tower, define, direct):
    """Nothing is stored."""
    define(building())

    answers = [direct.ask({"type": "group_usage", "aggregation_numbers": [number]}) for number in ("B-20", "X")]

    assert [each.json["error"] for each in answers] == ["invalid_authorization_details"] * 2
    first, second = (each.json["error_description"] for each in answers)
    assert first.replace("B-20", "X") == second
    assert direct.grants() == []


@requirement("WG3-01-4.11-18", "WG3-01-4.11-13", "WG3-01-4.11-19", "WG3-01-4.11-20", "WG3-01-4.12-11")
@requirement("WG3-01-12.3-05")
def test_a_grant_begins_as_pending_and_is_active_where_the_group_is_large_enough(tower, define, direct):
    """Nobody is asked then."""
    define(building())
    direct.known("B-20")
    direct.usage("B-20")

    before = direct.parent()
    moved = direct.settle()
    after = direct.parent()

    assert (before["status"], before["enabled_scope"], before["enabled_authorization_details"]) == ("pending", "", [])
    assert before["eta"] is not None
    assert (moved, after["status"], after["enabled_scope"], after["eta"]) == (1, "active", "group_usage", None)
    assert after["enabled_authorization_details"] == after["authorization_details"]
    assert direct.parts() == []
    assert direct.settle() == 0


@requirement("WG3-01-12.3-05")
def test_intervals_that_tell_too_much_are_kept_back(tower, define, direct, get):
    """Of too few Customers, or one who outweighs the others."""
    with direct.app.app_context(), transaction() as session:
        for number, name in enumerate(TENANTS):
            more = ["500.0" if number == 0 else "1.0", "1.0"] if number < 9 else ["1.0", ""]
            groups.hours(session, name, more, start=groups.FIRST_HOUR + timedelta(hours=3))
        for name in TENANTS[9:]:
            groups.hours(session, name, ["1.0"], start=groups.FIRST_HOUR + timedelta(hours=5))
    define(building())
    direct.known("B-20")
    token = direct.usage("B-20")
    direct.settle()

    assert values(get, token) == [[Decimal("12.0"), Decimal("24.0"), Decimal("36.0"), None, None, None]]


class TestUnderTheOtherRule:
    """Where the catalogue says that nobody in a sum may work out another."""

    @pytest.fixture
    def settings(self, settings, tmp_path):
        chosen = 'rule = "closest_estimate"\nleast_customers = 12\nclosest_estimate = "0.20"'
        shipped = 'rule = "largest_share"\nleast_customers = 10\nlargest_share = "0.50"'
        return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda text: text.replace(shipped, chosen)))

    @requirement("WG3-01-12.3-05")
    def test_two_who_share_nearly_all_are_kept_back(self, tower, define, direct, get):
        """In the fourth hour neither has more than half, and each knows what the other used."""
        with direct.app.app_context(), transaction() as session:
            for number, name in enumerate(TENANTS):
                more = ["50.0" if number < 2 else "0.5"]
                groups.hours(session, name, more, start=groups.FIRST_HOUR + timedelta(hours=3))
        define(building())
        direct.known("B-20")
        token = direct.usage("B-20")
        direct.settle()

        assert values(get, token) == [[Decimal("12.0"), Decimal("24.0"), Decimal("36.0"), None]]


@requirement("WG3-01-12.3-05")
def test_groups_that_differ_by_few_are_not_both_told(tower, define, direct, get):
    """Neither to the same Client nor later on; the one that was told stays told."""
    define(building(), of_meters("eleven", TENANTS[:11]), of_meters("same", TENANTS))
    for number in ("B-20", "eleven", "same"):
        direct.known(number)
    first, second, third = (direct.usage(number) for number in ("B-20", "eleven", "same"))
    direct.settle()

    assert len(values(get, first)) == 1
    assert values(get, second) == []
    assert values(get, first) == values(get, third)


@requirement("WG3-01-12.3-05")
def test_parts_of_a_whole_are_told_only_if_what_is_left_is_enough_too(tower, define, direct, get):
    """The whole less two of its parts."""
    with direct.app.app_context(), transaction() as session:
        for number in range(21):
            groups.flat(session, f"u{number:02}", premise="20")
            groups.hours(session, f"u{number:02}", ["1.0"] * 3)
    others = [f"u{number:02}" for number in range(10)]
    define(building(), of_meters("left", TENANTS), of_meters("right", others))
    for number in ("B-20", "left", "right"):
        direct.known(number)
    tokens = {number: direct.usage(number) for number in ("left", "right", "B-20")}
    direct.settle()

    told = {number: len(values(get, token)) for number, token in tokens.items()}

    # Of 33 in the whole, eleven are in neither part.
    assert told == {"left": 1, "right": 1, "B-20": 1}
    define(of_meters("rest", [f"u{number:02}" for number in range(10, 20)]))
    direct.known("rest")
    token = direct.usage("rest")
    direct.settle()
    assert values(get, token) == []


@requirement("WG3-01-12.3-05")
def test_a_month_is_told_of_the_same_members_for_ever(tower, define, direct, get):
    """Who moves in does not change what was told, which would tell of them alone."""
    define(building())
    direct.known("B-20")
    token = direct.usage("B-20")
    direct.settle()
    before = values(get, token)
    with direct.app.app_context(), transaction() as session:
        groups.flat(session, "newcomer", premise="20")
        groups.hours(session, "newcomer", ["9.0", "9.0", "9.0"])
    direct.clock.advance(minutes=5)
    define(building())

    assert values(get, token) == before


def test_sums_of_one_kind_of_use_stand_beside_each_other_only_if_few_do_not_differ(tower, define, direct, get):
    """An hour of twelve, less the same hour of eleven in quarters, would tell of the twelfth."""
    with direct.app.app_context(), transaction() as session:
        for name in TENANTS[:11]:
            groups.hours(session, name, ["0.2"] * 12, name="quarters", interval_seconds=900)
    define(building())
    direct.known("B-20")
    token = direct.usage("B-20")
    direct.settle()

    assert [segment["interval"] for segment in get(USAGE, token)["usage_segments"]] == [3600]


@requirement("WG3-01-10.8.8-22", "WG3-01-10.8.8-25")
def test_sums_stand_by_number_of_the_group_then_by_start(tower, define, direct, get):
    """Pages and filters as for every other segment."""
    with direct.app.app_context(), transaction() as session:
        for name in TENANTS:
            groups.hours(session, name, ["1.0"], start=groups.FIRST_HOUR + timedelta(days=31))
    a, b = of_meters("A", TENANTS), of_meters("B", TENANTS)
    define(b, a)
    direct.known("A")
    direct.known("B")
    token = direct.usage("B", "A")
    direct.settle()

    ids = {each["aggregation_number"]: each["cds_aggregation_id"] for each in get(token=token)["aggregations"]}
    found = get(USAGE, token)["usage_segments"]
    places = [(each["related_aggregations"], each["segment_start"][:7]) for each in found]

    assert places == [([ids[number]], month) for number in ("A", "B") for month in ("2026-01", "2026-02")]
    only = get(USAGE, token, cds_usagesegment_ids=found[2]["cds_usagesegment_id"])["usage_segments"]
    assert only == [found[2]]
    assert len(get(USAGE, token, before="2026-01-31T00:00:00Z")["usage_segments"]) == 2
    assert get(USAGE, token, account_numbers="A-t00")["usage_segments"] == []


def test_bounds_of_the_grant_cut_sums_into_segments_of_their_own(tower, define, direct, get):
    """With another id than the whole month has."""
    define(building())
    direct.known("B-20")
    whole = direct.usage("B-20")
    token = direct.usage("B-20", segment_start="2026-01-05T01:00:00Z", segment_end="2026-01-05T02:30:00Z")
    direct.settle()

    (part,), (month,) = get(USAGE, token)["usage_segments"], get(USAGE, whole)["usage_segments"]

    assert values(get, token) == [[Decimal("24.0")]]
    assert part["cds_usagesegment_id"] != month["cds_usagesegment_id"]


def test_a_group_that_is_closed_for_a_client_opens_nothing_any_more(tower, define, direct, get):
    """From the next request on."""
    from cdsc_server.services import aggregations
    from cdsc_server.storage.db import reading
    from tests.factories.access import ClientRow

    define(building())
    direct.known("B-20")
    token = direct.usage("B-20")
    direct.settle()
    with direct.app.app_context():
        with reading() as session:
            registration_id = session.get_one(ClientRow, direct.own.client_id).registration_id
        aggregations.close_for("B-20", registration_id, actor="ops", clock=direct.clock)

    assert values(get, token) == []


def test_months_told_before_cost_no_more_however_many_they_are(tower, define, direct, get, statements):
    """A year of a building is looked for once as it is and once as it was told."""
    with direct.app.app_context(), transaction() as session:
        for name in TENANTS:
            for month in (10, 11, 12):
                start = groups.FIRST_HOUR.replace(year=2025, month=month)
                groups.hours(session, name, ["1.0"], start=start, name="use")
    define(building())
    direct.known("B-20")
    token, month = direct.usage("B-20"), direct.usage("B-20", segment_start="P2M")
    direct.settle()
    told = [len(get(USAGE, each)["usage_segments"]) for each in (token, month)]
    direct.clock.advance(minutes=1)

    assert told == [4, 1]
    assert len(statements(lambda: get(USAGE, token))) == len(statements(lambda: get(USAGE, month)))
